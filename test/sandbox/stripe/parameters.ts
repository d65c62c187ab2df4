/**
 * Checks what a call may send, by the table in `test/fixtures/stripe/parameters.json`, and turns its texts into values.
 * An unknown name is refused, as Stripe does: a misspelt parameter must not pass here and fail in the field.
 */
import { readFileSync } from 'node:fs';
import { badRequest, StripeRefusal } from './errors.ts';
import type { FormObject, FormValue } from './form.ts';

/** `number!`: required. `a|b`: one of these words. `map`: metadata. `any`: taken as it comes. */
type ParameterTable = Record<string, Record<string, string>>;

const tables = JSON.parse(
  readFileSync(new URL('../../fixtures/stripe/parameters.json', import.meta.url), 'utf8'),
) as ParameterTable;

export type Parameters = {
  /** Absent, or sent empty in order to unset it. */
  text(name: string): string | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
  list(name: string): FormValue[];
  object(name: string): FormObject | undefined;
  metadata(): Record<string, string> | undefined;
  has(name: string): boolean;
  all: FormObject;
};

export function checkParameters(
  endpoint: string,
  form: FormObject,
  extra: Record<string, string> = {},
): Parameters {
  try {
    check(endpoint, form, extra);
  } catch (error) {
    if (error instanceof StripeRefusal) error.beforeExecution = true;
    throw error;
  }
  return readParameters(form);
}

function check(endpoint: string, form: FormObject, extra: Record<string, string>): void {
  const table: Record<string, string> = { expand: 'array', ...tables[endpoint], ...extra };
  for (const [name, value] of Object.entries(form)) {
    const type = table[name];
    if (type === undefined) {
      throw badRequest(`Received unknown parameter: ${name}`, { code: 'parameter_unknown', param: name });
    }
    checkValue(name, value, type.replace('!', ''));
  }
  for (const [name, type] of Object.entries(table)) {
    if (type.endsWith('!') && (form[name] === undefined || form[name] === '')) {
      throw badRequest(`Missing required param: ${name}.`, { code: 'parameter_missing', param: name });
    }
  }
}

const positive = ['amount', 'amount_to_capture'];

function checkValue(name: string, value: FormValue, type: string): void {
  // An empty text unsets what can be unset.
  if (value === '') return;
  if (type === 'number' && !(typeof value === 'string' && /^-?\d+$/.test(value))) {
    throw badRequest(`Invalid integer: ${JSON.stringify(value)}`, {
      code: 'parameter_invalid_integer',
      param: name,
    });
  }
  if (positive.includes(name) && Number(value) < 1) {
    throw badRequest('Invalid positive integer', { code: 'parameter_invalid_integer', param: name });
  }
  if (type === 'boolean' && value !== 'true' && value !== 'false') {
    throw badRequest(`Invalid boolean: ${JSON.stringify(value)}`, { param: name });
  }
  if (type === 'array' && !Array.isArray(value)) throw badRequest('Invalid array', { param: name });
  if ((type === 'object' || type === 'map') && (typeof value === 'string' || Array.isArray(value))) {
    throw badRequest('Invalid object', { param: name });
  }
  if (type === 'string' && typeof value !== 'string') throw badRequest('Invalid string', { param: name });
  if (type.includes('|') && !(typeof value === 'string' && type.split('|').includes(value))) {
    throw badRequest(`Invalid ${name}: must be one of ${type.replaceAll('|', ', ')}`, { param: name });
  }
  if (type === 'map') checkMetadata(value as FormObject);
}

/** Limits of metadata: 50 pairs, keys of 40 characters without brackets, values of 500. */
function checkMetadata(metadata: FormObject): void {
  const entries = Object.entries(metadata);
  if (entries.length > 50) throw badRequest('Metadata can hold at most 50 keys.', { param: 'metadata' });
  for (const [key, value] of entries) {
    if (key.length > 40)
      throw badRequest('Metadata keys can be at most 40 characters.', { param: 'metadata' });
    if (typeof value !== 'string')
      throw badRequest('Metadata values must be strings.', { param: `metadata[${key}]` });
    if (value.length > 500) {
      throw badRequest('Metadata values can be at most 500 characters.', { param: `metadata[${key}]` });
    }
  }
}

function readParameters(form: FormObject): Parameters {
  const text = (name: string) =>
    typeof form[name] === 'string' && form[name] !== '' ? form[name] : undefined;
  return {
    text,
    integer: name => (text(name) === undefined ? undefined : Number(text(name))),
    flag: name => text(name) === 'true',
    list: name => (Array.isArray(form[name]) ? form[name] : []),
    object: name => (typeof form[name] === 'object' && !Array.isArray(form[name]) ? form[name] : undefined),
    metadata: () => form['metadata'] as Record<string, string> | undefined,
    has: name => form[name] !== undefined,
    all: form,
  };
}

/** New values over old ones; an empty one takes the key away. */
export function mergeMetadata(
  old: Record<string, string>,
  added: Record<string, string> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...old, ...added }).filter(([, value]) => value !== ''));
}
