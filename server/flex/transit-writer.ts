/**
 * Writes verbose transit, byte for byte as the SDK does with `transitVerbose`: ordinary JSON, without the cache codes that
 * would change when one text is put into another.
 */
import flexSdk from 'sharetribe-flex-sdk';

const { types } = flexSdk;

/** Throws `TypeError` for what transit has no form for, such as a function. */
export function writeVerbose(value: unknown): string {
  const encoded = encode(value);
  return JSON.stringify(typeof encoded === 'object' && encoded !== null ? encoded : { "~#'": encoded });
}

function encode(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return escaped(value);
    case 'number':
      return Number.isFinite(value) ? value : `~z${Number.isNaN(value) ? 'NaN' : value > 0 ? 'INF' : '-INF'}`;
    case 'bigint':
      return `~i${value}`;
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : encodeObject(value);
    default:
      throw new TypeError(`Transit has no form for a ${typeof value}`);
  }
}

function encodeObject(value: object): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(encode);
  if (value instanceof Date) return `~t${value.toISOString()}`;
  const typed = typedObject(value);
  if (typed !== undefined) return typed;
  const map: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) map[`~:${key}`] = encode(item);
  return map;
}

/** SDK types, and plain objects that say they are one, as they come out of `JSON.parse`. */
function typedObject(value: object): unknown {
  const typed = '_sdkType' in value ? types.toType(value) : value;
  if (typed instanceof types.UUID) return `~u${typed.uuid}`;
  if (typed instanceof types.Money) return { '~#mn': [typed.amount, typed.currency] };
  if (typed instanceof types.BigDecimal) return `~f${typed.value}`;
  if (typed instanceof types.LatLng) return { '~#geo': [typed.lat, typed.lng] };
  return undefined;
}

const escaped = (text: string) => (/^[~^`]/.test(text) ? `~${text}` : text);
