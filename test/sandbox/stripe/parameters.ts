/**
 * Checks what a call may send, by the table in `test/fixtures/stripe/parameters.json`, and turns its texts into values.
 * An unknown name is refused, as Stripe does: a misspelt parameter must not pass here and fail in the field.
 */
import { readFileSync } from 'node:fs';
import { badRequest, StripeRefusal } from './errors.ts';
import type { FormObject, FormValue } from './form.ts';
import type { WireObject } from './shapes.ts';

/**
 * In the table a name may end in `!`: required, or in `?`: may be sent empty, which unsets it. A type is one of those below,
 * words (`a|b`), the name of a type that the table itself explains, a list of one type, or the fields of an object.
 */
type Type = string | [string] | Fields;
type Fields = { [name: string]: Type };
type Field = { type: Type; required: boolean; unsettable: boolean };

const table = JSON.parse(
  readFileSync(new URL('../../fixtures/stripe/parameters.json', import.meta.url), 'utf8'),
) as Fields;

export type Parameters = {
  /** Absent, or sent empty in order to unset it. */
  text(name: string): string | undefined;
  /** The same for a change of `old`: null when it was sent empty, `old` when it was not sent. */
  newText(name: string, old: string | null): string | null;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
  list(name: string): string[];
  object(name: string): FormObject | undefined;
  /** As `newText`, for an object. */
  newObject(name: string, old: WireObject | null): WireObject | null;
  metadata(): Metadata | undefined;
  has(name: string): boolean;
  all: FormObject;
};

/** An empty text for all of it, or for one key, unsets. */
export type Metadata = Record<string, string> | '';

export function checkParameters(
  endpoint: string,
  form: FormObject,
  extra: Record<string, string> = {},
): Parameters {
  const fields = table[endpoint] as Fields | undefined;
  if (!fields) throw new Error(`No parameters are known of ${endpoint}`);
  try {
    checkFields(form, { expand: ['string'], ...fields, ...extra }, name => name);
  } catch (error) {
    if (error instanceof StripeRefusal) error.beforeExecution = true;
    throw error;
  }
  return readParameters(form);
}

function checkFields(form: FormObject, fields: Fields, nameOf: (name: string) => string): void {
  const known = new Map(Object.entries(fields).map(([name, type]) => readField(name, type)));
  for (const [name, value] of Object.entries(form)) {
    const field = known.get(name);
    const param = nameOf(name);
    if (!field) {
      // Gone since endive, with a code of its own.
      if (param === 'payment_method_types') throw noLongerSupported();
      throw badRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
    }
    if (field.required && value === '') throw missing(param);
    if (value === '') assertUnsettable(param, field);
    else checkValue(param, value, field.type);
  }
  for (const [name, { required }] of known) {
    if (required && form[name] === undefined) throw missing(nameOf(name));
  }
}

function readField(name: string, type: Type): [string, Field] {
  const [plain, mark] = /[!?]$/.test(name) ? [name.slice(0, -1), name.at(-1)] : [name, ''];
  return [plain, { type, required: mark === '!', unsettable: mark === '?' }];
}

const missing = (param: string) =>
  badRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });

const noLongerSupported = () =>
  badRequest('payment_method_types can no longer be written; see allowed_payment_method_types.', {
    code: 'payment_method_types_no_longer_supported',
    param: 'payment_method_types',
  });

function assertUnsettable(param: string, { unsettable }: Field): void {
  if (unsettable) return;
  throw badRequest(
    `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`,
    { code: 'parameter_invalid_empty', param },
  );
}

function checkValue(param: string, value: FormValue, type: Type): void {
  if (typeof type !== 'string') {
    if (Array.isArray(type)) return checkList(param, value, type[0]);
    return checkFields(objectAt(param, value), type, name => `${param}[${name}]`);
  }
  const explained = Object.hasOwn(table, type) ? table[type] : undefined;
  if (explained) return checkValue(param, value, explained);
  if (type.includes('|') || !Object.hasOwn(checks, type)) return checkWord(param, value, type.split('|'));
  return checks[type]!(param, value);
}

const checks: Record<string, (param: string, value: FormValue) => void> = {
  any: () => undefined,
  unbuilt: param => {
    throw badRequest(`Stripe takes the parameter ${param}; the sandbox has not built it.`, { param });
  },
  string: checkText,
  number: checkInteger,
  positive: (param, value) => {
    checkInteger(param, value);
    if (Number(value) < 1) throw notInteger(param, 'This value must be greater than or equal to 1.');
  },
  boolean: (param, value) => checkWord(param, value, ['true', 'false']),
  object: (param, value) => void objectAt(param, value),
  map: (param, value) => checkMetadata(param, value),
  range: checkRange,
};

function checkList(param: string, value: FormValue, type: string): void {
  if (!Array.isArray(value)) throw badRequest('Invalid array', { param });
  for (const [index, item] of value.entries()) checkValue(`${param}[${index}]`, item, type);
}

function objectAt(param: string, value: FormValue): FormObject {
  if (typeof value === 'string' || Array.isArray(value)) throw badRequest('Invalid object', { param });
  return value;
}

/** Longest texts, by the last name of a parameter. */
const longest: Record<string, number> = {
  description: 1000,
  statement_descriptor: 22,
  statement_descriptor_suffix: 22,
};
const LONGEST_OTHERWISE = 5000;

function checkText(param: string, value: FormValue): void {
  if (typeof value !== 'string') throw badRequest('Invalid string', { param });
  const most = longest[param] ?? LONGEST_OTHERWISE;
  if (value.length > most) {
    throw badRequest(`Invalid string: must be at most ${most} characters`, {
      code: 'parameter_invalid_string_too_long',
      param,
    });
  }
}

function checkInteger(param: string, value: FormValue): void {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value))
    throw notInteger(param, `Invalid integer: ${JSON.stringify(value)}`);
}

const notInteger = (param: string, message: string) =>
  badRequest(message, { code: 'parameter_invalid_integer', param });

function checkWord(param: string, value: FormValue, words: string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  throw badRequest(`Invalid ${param}: must be one of ${words.join(', ')}`, { param });
}

/** A second, or bounds in seconds. */
function checkRange(param: string, value: FormValue): void {
  if (typeof value === 'string') return checkInteger(param, value);
  for (const [name, bound] of Object.entries(objectAt(param, value))) {
    checkWord(param, name, ['gt', 'gte', 'lt', 'lte']);
    checkInteger(`${param}[${name}]`, bound);
  }
}

/** Limits of metadata: 50 pairs, keys of 40 characters without brackets, values of 500. */
function checkMetadata(param: string, value: FormValue): void {
  // The form reads keys that are all numbers as a list.
  const entries = Object.entries(Array.isArray(value) ? value : objectAt(param, value));
  if (entries.length > 50) throw badRequest('Metadata can hold at most 50 keys.', { param });
  for (const [key, inner] of entries) {
    const at = { param: `${param}[${key}]` };
    if (key.length > 40) throw badRequest('Metadata keys can be at most 40 characters.', { param });
    if (/[[\]]/.test(key) || typeof inner !== 'string')
      throw badRequest('Metadata keys can not contain square brackets, and values must be strings.', {
        param,
      });
    if (inner.length > 500) throw badRequest('Metadata values can be at most 500 characters.', at);
  }
}

function readParameters(form: FormObject): Parameters {
  const text = (name: string) =>
    typeof form[name] === 'string' && form[name] !== '' ? form[name] : undefined;
  const object = (name: string) =>
    typeof form[name] === 'object' && !Array.isArray(form[name]) ? form[name] : undefined;
  return {
    text,
    newText: (name, old) => (form[name] === undefined ? old : (text(name) ?? null)),
    integer: name => (text(name) === undefined ? undefined : Number(text(name))),
    flag: name => text(name) === 'true',
    list: name => (Array.isArray(form[name]) ? form[name].map(String) : []),
    object,
    newObject: (name, old) => (form[name] === undefined ? old : (object(name) ?? null)),
    metadata: () => {
      const metadata = form['metadata'];
      return metadata === undefined || metadata === ''
        ? metadata
        : ({ ...(metadata as FormObject) } as Metadata);
    },
    has: name => form[name] !== undefined,
    all: form,
  };
}

/** New values over old ones; an empty one takes the key away, an empty text for all takes them all. */
export function mergeMetadata(old: Record<string, string>, added: Metadata = {}): Record<string, string> {
  if (added === '') return {};
  const merged = Object.entries({ ...old, ...added }).filter(([, value]) => value !== '');
  if (merged.length > 50) throw badRequest('Metadata can hold at most 50 keys.', { param: 'metadata' });
  return Object.fromEntries(merged);
}
