import { invalidValue } from './errors.ts';
import type { PlainObject } from './values.ts';

/** The whole of it, as JSON. */
const MOST_BYTES = 50_000;

/** Merges by top-level keys; null takes a key away. `path` is where the addition stands in the request. */
export function mergeExtendedData(old: PlainObject, added: PlainObject, path: string[]): PlainObject {
  const merged = Object.fromEntries(
    Object.entries({ ...old, ...added }).filter(([, value]) => value !== null),
  );
  if (Buffer.byteLength(JSON.stringify(merged)) > MOST_BYTES)
    throw invalidValue(path, 'must not come to more than 50 KB');
  return merged;
}
