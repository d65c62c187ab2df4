/** What is wrong in a process file: in which part of it, of what, and why. */
import { isMap, type Edn } from './edn.ts';

export class Problem extends Error {
  readonly part: object;
  constructor(part: object, place: string, message: string) {
    super(`${place}: ${message}`);
    this.part = part;
  }
}

export function refuse(part: object, place: string, message: string): never {
  throw new Problem(part, place, message);
}

/** A value as it stands in the file, as far as it is short. */
export function show(value: Edn | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a vector';
  if (isMap(value)) return 'a map';
  return typeof value === 'string' && !value.startsWith(':') ? JSON.stringify(value) : String(value);
}
