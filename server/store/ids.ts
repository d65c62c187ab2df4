import { randomUUID } from 'node:crypto';

/** A UUID of version 7: in the order of time, so that it is a page's cursor as well. */
export function timeOrderedId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // Node keeps random UUIDs in store: a tenth of the time that as many random bytes take.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The least id of that moment. */
export const idAt = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};
