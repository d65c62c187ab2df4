/**
 * What a PaymentIntent's id and client secret look like, and what is wrong with a text that is neither.
 *
 * Stripe promises no more than a prefix and at most 255 characters, so lengths are judged generously. Its own mobile
 * pattern `pi_[^_]+_secret_[^_]+` is too generous: it takes masked, padded and truncated values. Nothing is trimmed or
 * decoded first: a value that would need it points at a fault upstream.
 */

import { ownValue } from './own-value.ts';

/** Why a text is refused. Codes, not sentences: the value itself may be a secret. */
export const textFaults = [
  'not-a-string',
  'empty',
  'uuid',
  'padded',
  'encoded',
  'masked',
  'stringified',
  'truncated',
  'too-long',
  'wrong-case',
  'foreign-characters',
  'other-object',
  'client-secret-as-id',
  'not-a-payment-intent-id',
  'not-a-client-secret',
  'secret-of-another-payment-intent',
  'misplaced',
] as const;

export type Reason = (typeof textFaults)[number];

export type Judgement = { valid: boolean; reasons: Reason[] };

const ID = /^pi_([A-Za-z0-9]{14,252})$/;
const SECRET = /^(pi_[A-Za-z0-9]{14,252})_(?:scoped_)?secret_([A-Za-z0-9]{10,200})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const LONGEST_ID = 255;

/** Fewer different characters than this are a mask or a placeholder, never random text. */
const FEWEST_DISTINCT = 6;

function looksRandom(text: string): boolean {
  let distinct = '';
  for (const character of text) {
    if (!distinct.includes(character)) distinct += character;
    if (distinct.length >= FEWEST_DISTINCT) return true;
  }
  return false;
}

const good: Judgement = { valid: true, reasons: [] };
const bad = (...reasons: Reason[]): Judgement => ({ valid: false, reasons: [...new Set(reasons)] });

export function judgePaymentIntentId(value: unknown): Judgement {
  if (isPaymentIntentId(value)) return good;
  return typeof value === 'string' ? bad(commonFault(value) ?? faultOfId(value)) : bad('not-a-string');
}

export function judgeClientSecret(value: unknown): Judgement {
  if (isClientSecret(value)) return good;
  return typeof value === 'string' ? bad(commonFault(value) ?? faultOfSecret(value)) : bad('not-a-string');
}

// Tested for being a text first: a regular expression would turn a list of one valid id into that id.
function isPaymentIntentId(value: unknown): boolean {
  const body = typeof value === 'string' && value.length <= LONGEST_ID ? ID.exec(value)?.[1] : undefined;
  return body !== undefined && looksRandom(body);
}

function isClientSecret(value: unknown): boolean {
  const [, id, tail] = (typeof value === 'string' && SECRET.exec(value)) || [];
  return isPaymentIntentId(id) && tail !== undefined && looksRandom(tail);
}

/** Both must be good by themselves, and the secret must begin with exactly that id. */
export function judgePair(pair: unknown): Judgement {
  const id = ownValue(pair, 'id');
  const clientSecret = ownValue(pair, 'clientSecret');
  const reasons = [...judgePaymentIntentId(id).reasons, ...judgeClientSecret(clientSecret).reasons];
  if (reasons.length > 0) return bad(...reasons);
  return paymentIntentIdOf(clientSecret as string) === id ? good : bad('secret-of-another-payment-intent');
}

/** The id inside a well-formed client secret. */
export const paymentIntentIdOf = (clientSecret: string): string | undefined => SECRET.exec(clientSecret)?.[1];

const stringified = new Set(['undefined', 'null', 'NaN', 'true', 'false', '[object Object]']);

/** Invisible at the edges: white space, control characters, zero-width characters, the byte order mark. */
const PADDING = /^[\s\p{Cc}\p{Cf}]|[\s\p{Cc}\p{Cf}]$/u;

function commonFault(value: string): Reason | undefined {
  if (value === '') return 'empty';
  if (UUID.test(value)) return 'uuid';
  if (stringified.has(value) || /^\{\{.*\}\}$|^\$\{.*\}$/s.test(value)) return 'stringified';
  if (PADDING.test(value)) return 'padded';
  if (/%[0-9a-f]{2}/i.test(value)) return 'encoded';
  if (/\*|\.\.\.|…|redacted|filtered|masked/i.test(value)) return 'masked';
  return undefined;
}

/** Other Stripe things that get mixed up with a PaymentIntent. */
const OTHER_OBJECT =
  /^(ch|py|cus|seti|cs|cuss|ctoken|pm|src|tok|in|sub|si|price|prod|re|tr|fee|txn|po|evt|acct|card|ba|req|we|sk|rk|pk|ek|whsec|mandate|bps)_/;

function faultOfId(value: string): Reason {
  if (/^pi_.*_secret(_|$)/s.test(value)) return 'client-secret-as-id';
  if (OTHER_OBJECT.test(value)) return 'other-object';
  if (!value.startsWith('pi_')) return wrongBeginning(value, 'not-a-payment-intent-id');
  return faultOfLetters(value.slice('pi_'.length), LONGEST_ID - 'pi_'.length, 14);
}

function faultOfSecret(value: string): Reason {
  if (OTHER_OBJECT.test(value)) return 'other-object';
  const [id = '', tail] = value.split(/_(?:scoped_)?secret_/);
  if (UUID.test(id)) return 'uuid';
  if (!value.startsWith('pi_')) return wrongBeginning(value, 'not-a-client-secret');
  if (tail === undefined) return faultOfSeparator(value);
  const fault = faultOfLetters(id.slice('pi_'.length), LONGEST_ID - 'pi_'.length, 14);
  return fault === 'masked'
    ? faultOfLetters(value.slice(value.indexOf('secret_') + 'secret_'.length), 200, 10)
    : fault;
}

const wrongBeginning = (value: string, otherwise: Reason): Reason =>
  /^pi_/i.test(value) ? 'wrong-case' : otherwise;

function faultOfSeparator(value: string): Reason {
  if (/_(scoped_)?secret_/i.test(value)) return 'wrong-case';
  const rest = value.replace(/^pi_[A-Za-z0-9]*/, '');
  return '_secret_'.startsWith(rest) || '_scoped_secret_'.startsWith(rest)
    ? 'truncated'
    : 'not-a-client-secret';
}

/** Of letters that are not right: if neither kind nor number is the fault, they are too few different ones. */
function faultOfLetters(letters: string, longest: number, shortest: number): Reason {
  if (/[^A-Za-z0-9]/.test(letters)) return 'foreign-characters';
  if (letters.length > longest) return 'too-long';
  return letters.length < shortest ? 'truncated' : 'masked';
}
