/**
 * Flex's wire: transit, compact or verbose, and plain JSON for callers that ask for it.
 * Written on transit-js itself, not on the SDK's wrapper: the real server sends keywords and sets that the wrapper never writes.
 */
import transit from 'transit-js';
import { BigDecimal, isPlainObject, Keyword, LatLng, Money, Uuid, type PlainObject } from './values.ts';

const tagged = (tag: string, rep: (value: never) => unknown) =>
  transit.makeWriteHandler({ tag: () => tag, rep });

const writeHandlers = transit.map([
  Uuid,
  tagged('u', (value: Uuid) => value.uuid),
  Money,
  tagged('mn', (value: Money) => [value.amount, value.currency]),
  LatLng,
  tagged('geo', (value: LatLng) => [value.lat, value.lng]),
  BigDecimal,
  tagged('f', (value: BigDecimal) => value.value),
  Keyword,
  tagged(':', (value: Keyword) => value.name),
  Set,
  tagged('set', (value: Set<unknown>) => [...value]),
  Object,
  tagged('map', (value: PlainObject) => {
    const map = transit.map();
    for (const [key, inner] of Object.entries(value)) map.set(transit.keyword(key), inner);
    return map;
  }),
]);

const compactWriter = transit.writer('json', { handlers: writeHandlers });
const verboseWriter = transit.writer('json-verbose', { handlers: writeHandlers });

const reader = transit.reader('json', {
  handlers: {
    u: (uuid: string) => new Uuid(uuid),
    mn: ([amount, currency]: [number, string]) => new Money(amount, currency),
    geo: ([lat, lng]: [number, number]) => new LatLng(lat, lng),
    f: (value: string) => new BigDecimal(value),
    ':': (name: string) => name,
    set: (values: unknown[]) => values,
    list: (values: unknown[]) => values,
  },
  mapBuilder: {
    init: () => ({}),
    add: (object: PlainObject, key: unknown, value: unknown) => {
      Object.defineProperty(object, String(key), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return object;
    },
    finalize: (object: PlainObject) => object,
  },
});

export type WireForm = 'transit' | 'transit-verbose' | 'json';

export const contentType: Record<WireForm, string> = {
  transit: 'application/transit+json;charset=UTF-8',
  'transit-verbose': 'application/transit+json;charset=UTF-8',
  json: 'application/json;charset=UTF-8',
};

export function encode(value: unknown, form: WireForm): string {
  if (form === 'json') return JSON.stringify(asJson(value));
  return (form === 'transit' ? compactWriter : verboseWriter).write(value);
}

/** Throws when the text is neither. */
export function decode(text: string, form: WireForm): unknown {
  return form === 'json' ? JSON.parse(text) : reader.read(text);
}

function asJson(value: unknown): unknown {
  if (value instanceof Uuid) return value.uuid;
  if (value instanceof Keyword) return value.name;
  if (value instanceof BigDecimal) return Number(value.value);
  if (value instanceof Set) return [...value].map(asJson);
  if (Array.isArray(value)) return value.map(asJson);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]));
}
