/**
 * Reads transit, compact and verbose, into the SDK's own types and plain objects. Made for texts that strangers send:
 * nothing recursive happens before the depth is known, no key can reach a prototype, and what a browser has no reason to
 * send is refused.
 *
 * Format: https://github.com/cognitect/transit-format
 */
import flexSdk from 'sharetribe-flex-sdk';
import type { Wanted } from './json-scan.ts';

const { types } = flexSdk;

export class TransitError extends Error {
  override name = 'TransitError';
}

type Rules = {
  depth: number;
  width: number;
  keyLength: number;
  /** What is not known, or too large to be exact, is kept as it is rather than refused. */
  lenient: boolean;
};

/** A browser's order is a few levels deep, and 64 KB at most. */
const forBrowsers: Rules = { depth: 32, width: 2_000, keyLength: 256, lenient: false };
/** Flex decides what it holds; the depth is all that could hurt. */
export const forFlex: Rules = { depth: 500, width: Infinity, keyLength: Infinity, lenient: true };

/** Throws `TransitError`, which never quotes the text, for anything that is not transit by these rules. */
export function readTransit(text: string, rules: Rules = forBrowsers): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TransitError('not JSON');
  }
  return decodeTransit(json, rules);
}

/** The same for what is already parsed, such as a part of a verbose answer. */
export const decodeTransit = (json: unknown, rules: Rules = forFlex): unknown =>
  decode(json, { rules, cache: [], next: 0 }, 0);

/**
 * Decodes only what is wanted of a parsed compact document; the rest is passed over, and what comes after the last wanted
 * value is not looked at. A wanted value that is not there is left out.
 */
export const pickCompact = (json: unknown, wanted: Wanted): Record<string, unknown> =>
  pick(json, wanted, true, { rules: forFlex, cache: [], next: 0 });

function pick(node: unknown, wanted: Wanted, isLast: boolean, reading: Reading): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  if (!isArray(node) || node[0] !== '^ ') {
    pass(node, false, reading);
    return picked;
  }
  let missing = Object.keys(wanted).length;
  for (let index = 1; index < node.length; index += 2) {
    const name = node[index];
    const key = typeof name === 'string' ? mapKey(expand(name, true, reading), reading) : '';
    if (!Object.hasOwn(wanted, key)) {
      pass(node[index + 1], false, reading);
      continue;
    }
    missing -= 1;
    picked[key] = take(node[index + 1], wanted[key]!, isLast && missing === 0, reading);
    if (isLast && missing === 0) break;
  }
  return picked;
}

const isArray = (node: unknown): node is unknown[] => Array.isArray(node);

const take = (node: unknown, wanted: Wanted | true, isLast: boolean, reading: Reading): unknown =>
  wanted === true ? decode(node, reading, 0) : pick(node, wanted, isLast, reading);

/** Takes note of what later codes may stand for, and of nothing else. */
function pass(node: unknown, asKey: boolean, reading: Reading): void {
  if (typeof node === 'string') {
    expand(node, asKey, reading);
  } else if (isArray(node)) {
    const isMap = node[0] === '^ ';
    for (let index = isMap ? 1 : 0; index < node.length; index++) {
      pass(node[index], isMap && index % 2 === 1, reading);
    }
  }
}

/** `cache`: raw texts that codes like `^3` stand for. */
type Reading = { rules: Rules; cache: string[]; next: number };

const CACHE_CODE_DIGITS = 44;
const CACHE_SIZE = CACHE_CODE_DIGITS ** 2;
const FIRST_CODE = '0'.charCodeAt(0);

function decode(node: unknown, reading: Reading, depth: number): unknown {
  if (typeof node === 'string') return scalar(expand(node, false, reading), reading);
  if (typeof node === 'number') return finite(node);
  if (typeof node !== 'object' || node === null) return node;
  if (depth === reading.rules.depth) throw new TransitError('too deep');
  return Array.isArray(node)
    ? decodeArray(node as unknown[], reading, depth + 1)
    : decodeObject(node as Record<string, unknown>, reading, depth + 1);
}

function decodeArray(array: unknown[], reading: Reading, depth: number): unknown {
  const first = array[0];
  if (first === '^ ') return decodeMap(array, reading, depth);
  if (array.length > reading.rules.width) throw new TransitError('too many items');
  if (array.length === 2 && typeof first === 'string' && isTag(first, reading)) {
    return tagged(expand(first, false, reading).slice(2), array[1], reading, depth);
  }
  return array.map(item => decode(item, reading, depth));
}

function decodeMap(array: unknown[], reading: Reading, depth: number): Record<string, unknown> {
  if (array.length > 2 * reading.rules.width) throw new TransitError('too many keys');
  if (array.length % 2 === 0) throw new TransitError('a key without a value');
  const map: Record<string, unknown> = {};
  for (let index = 1; index < array.length; index += 2) {
    const name = array[index];
    if (typeof name !== 'string') throw new TransitError('a key that is no text');
    const key = mapKey(expand(name, true, reading), reading);
    put(map, key, decode(array[index + 1], reading, depth));
  }
  return map;
}

function decodeObject(object: Record<string, unknown>, reading: Reading, depth: number): unknown {
  const names = Object.keys(object);
  if (names.length > reading.rules.width) throw new TransitError('too many keys');
  const [first] = names;
  if (names.length === 1 && first!.startsWith('~#')) {
    return tagged(first!.slice(2), object[first!], reading, depth);
  }
  const map: Record<string, unknown> = {};
  for (const name of names) put(map, mapKey(name, reading), decode(object[name], reading, depth));
  return map;
}

/** What a cache code stands for; notes what later codes may stand for. */
function expand(text: string, asKey: boolean, reading: Reading): string {
  if (isCode(text)) {
    const known = reading.cache[codeIndex(text)];
    if (known === undefined) throw new TransitError('an unknown cache code');
    return known;
  }
  if (isCacheable(text, asKey)) {
    if (reading.next === CACHE_SIZE) reading.next = 0;
    reading.cache[reading.next++] = text;
  }
  return text;
}

const CARET = '^'.charCodeAt(0);
const SPACE = ' '.charCodeAt(0);
const isCode = (text: string) => text.charCodeAt(0) === CARET && text.charCodeAt(1) !== SPACE;

function codeIndex(code: string): number {
  const high = code.charCodeAt(1) - FIRST_CODE;
  return code.length === 2 ? high : high * CACHE_CODE_DIGITS + code.charCodeAt(2) - FIRST_CODE;
}

const isCacheable = (text: string, asKey: boolean) =>
  text.length > 3 && (asKey || text.startsWith('~:') || text.startsWith('~#') || text.startsWith('~$'));

/** Looks without noting: if it is no tag, the array is read from its beginning. */
const isTag = (text: string, reading: Reading) =>
  (isCode(text) ? (reading.cache[codeIndex(text)] ?? '') : text).startsWith('~#');

/** These would reach a prototype, here or in something that copies. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

function mapKey(text: string, { rules }: Reading): string {
  const key = text.startsWith('~:') ? text.slice(2) : plainText(text, rules);
  if (key.length > rules.keyLength) throw new TransitError('a key that is too long');
  if (!rules.lenient && forbiddenKeys.has(key)) throw new TransitError('a forbidden key');
  return key;
}

function plainText(text: string, { lenient }: Rules): string {
  if (!text.startsWith('~')) return text;
  if (/^~[~^`]/.test(text)) return text.slice(1);
  if (lenient) return text;
  throw new TransitError('a key that is no text');
}

/** Assigning to `__proto__` would set the prototype. */
function put(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

function scalar(text: string, reading: Reading): unknown {
  if (text.charCodeAt(0) !== TILDE) return text;
  const rest = text.slice(2);
  switch (text[1]) {
    case '~':
    case '^':
    case '`':
      return text.slice(1);
    case ':':
      return rest;
    case 'u':
      return new types.UUID(rest);
    case 'm':
      return date(/^-?\d+$/.test(rest) ? Number(rest) : NaN);
    case 't':
      return date(Date.parse(rest));
    case 'f':
      return decimal(rest);
    case 'i':
      return integer(rest, reading.rules);
    case 'd':
      return finite(Number(rest));
    case '_':
      return null;
    case '?':
      return rest === 't';
    default:
      if (reading.rules.lenient) return text;
      throw new TransitError('an unknown type');
  }
}

const TILDE = '~'.charCodeAt(0);

function tagged(tag: string, value: unknown, reading: Reading, depth: number): unknown {
  const content = Array.isArray(value)
    ? (value as unknown[]).map(item => decode(item, reading, depth))
    : decode(value, reading, depth);
  switch (tag) {
    case 'mn':
      return money(content);
    case 'geo':
      return place(content);
    case 'u':
    case 'm':
    case 't':
    case 'f':
      return scalar(`~${tag}${String(content)}`, reading);
    case "'":
      return content;
    case 'set':
    case 'list':
      if (Array.isArray(content)) return content;
      throw new TransitError('a list that is none');
    default:
      if (reading.rules.lenient) return content;
      throw new TransitError('an unknown type');
  }
}

function money(content: unknown): unknown {
  const [amount, currency] = pair(content);
  if (!Number.isSafeInteger(amount) || typeof currency !== 'string') {
    throw new TransitError('money without a whole amount and a currency');
  }
  return new types.Money(amount as number, currency);
}

function place(content: unknown): unknown {
  const [lat, lng] = pair(content);
  if (typeof lat !== 'number' || typeof lng !== 'number') throw new TransitError('a place without numbers');
  return new types.LatLng(lat, lng);
}

function pair(content: unknown): unknown[] {
  if (Array.isArray(content) && content.length === 2) return content as unknown[];
  throw new TransitError('a value that is no pair');
}

function date(ms: number): Date {
  const value = new Date(ms);
  if (Number.isNaN(value.getTime())) throw new TransitError('an invalid date');
  return value;
}

function decimal(text: string): unknown {
  if (!/^-?\d{1,40}(\.\d{1,40})?$/.test(text)) throw new TransitError('an invalid decimal');
  return new types.BigDecimal(text);
}

function integer(text: string, { lenient }: Rules): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  if (lenient && /^-?\d+$/.test(text)) return BigInt(text);
  throw new TransitError('an integer that is none, or too large');
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new TransitError('a number that is none');
}
