/** Stripe's search: over what it has learnt of objects, and it learns late. */
import type { StripeCall } from './context.ts';
import { badRequest } from './errors.ts';
import { limitOf } from './lists.ts';
import type { Parameters } from './parameters.ts';
import type { Owned, WireObject } from './shapes.ts';
import type { StripeWorld } from './world.ts';

/** How objects looked at some moment, oldest first, by their id. */
export type SearchIndex = Map<string, { at: number; object: WireObject }[]>;

/** What can be asked about, besides metadata. Numbers can be compared. */
const fields: Record<string, Record<string, 'word' | 'number'>> = {
  charge: {
    amount: 'number',
    created: 'number',
    currency: 'word',
    customer: 'word',
    disputed: 'word',
    refunded: 'word',
    status: 'word',
  },
  customer: { created: 'number', email: 'word', name: 'word', phone: 'word' },
  payment_intent: {
    amount: 'number',
    created: 'number',
    currency: 'word',
    customer: 'word',
    status: 'word',
  },
};

/** Remembers how an object looks now, if its kind can be searched for. */
export function learn({ searchIndex, clock }: StripeWorld, object: WireObject): void {
  if (!Object.hasOwn(fields, String(object['object'])) || object['deleted']) return;
  const id = String(object['id']);
  const known = searchIndex.get(id) ?? [];
  known.push({ at: clock.now(), object: object });
  searchIndex.set(id, known);
}

/** Normally under a minute behind; an hour in incidents. */
const LAG_MS = 60_000;

/** Finds by how things stood a while ago, and shows them as they are. */
export function searchIn<T extends Owned>(
  call: StripeCall,
  kind: string,
  items: T[],
  parameters: Parameters,
  wire: (item: T) => WireObject,
): WireObject {
  const { world } = call;
  const url = `/v1/${kind}s/search`;
  const stale = world.scenarios.takeFor('search-stale', `GET ${url}`, true);
  const known = world.clock.now() - Number(stale?.['ms'] ?? LAG_MS);
  const matches = parseQuery(parameters.text('query')!, fields[kind]!);
  const found = items
    .filter(item => {
      const seen = world.searchIndex.get(item.id)?.findLast(({ at }) => at <= known);
      return seen !== undefined && matches(seen.object);
    })
    .toReversed();
  const limit = limitOf(parameters);
  const page = readPage(parameters.text('page'));
  const next = (page + 1) * limit;
  return {
    object: 'search_result',
    data: found.slice(page * limit, next).map(wire),
    has_more: found.length > next,
    next_page: found.length > next ? Buffer.from(`page ${page + 1}`).toString('base64url') : null,
    url,
  };
}

function readPage(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^page (\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw badRequest(`Invalid page: ${token}`, { param: 'page' });
  return Number(match[1]);
}

type Term = (object: WireObject) => boolean;

const TERM =
  /^(-?)(?:metadata\[(['"])(.+?)\2\]|([a-z_]+))\s*(:|~|>=|<=|>|<)\s*(?:(['"])(.*?)\6|(-?\d+)|(null))$/;

/** `metadata['key']:'value' AND -status:'canceled'`. AND and OR can not be mixed. */
function parseQuery(query: string, known: Record<string, 'word' | 'number'>): Term {
  const words = query.trim().split(/\s+(AND|OR)\s+/);
  const joints = new Set(words.filter((_word, index) => index % 2 === 1));
  if (joints.size > 1) throw notUnderstood('AND and OR can not be mixed in a query.');
  const terms = words.filter((_word, index) => index % 2 === 0).map(word => parseTerm(word.trim(), known));
  return object => (joints.has('OR') ? terms.some(term => term(object)) : terms.every(term => term(object)));
}

function parseTerm(text: string, known: Record<string, 'word' | 'number'>): Term {
  const match = TERM.exec(text);
  if (!match) throw notUnderstood(`The query can not be understood: ${text}`);
  const [, negated, , metadataKey, field, operator = ':', , quoted, number, none] = match;
  const kind = metadataKey === undefined ? known[field!] : 'word';
  if (!kind) throw notUnderstood(`Field \`${field}\` is an unsupported search field.`);
  const isComparison = !':~'.includes(operator);
  if (isComparison !== (kind === 'number' && operator !== ':') || (operator === '~' && quoted === undefined))
    throw notUnderstood(`\`${operator}\` can not be used on this field: ${text}`);
  const wanted = quoted ?? number ?? '';
  const holds: Term = object => {
    const value = metadataKey === undefined ? object[field!] : metadataOf(object)[metadataKey];
    if (none) return value === undefined || value === null;
    return value !== undefined && value !== null && compare(operator, value, wanted);
  };
  return object => holds(object) !== (negated === '-');
}

const metadataOf = (object: WireObject) => object['metadata'] as WireObject;

function compare(operator: string, value: unknown, wanted: string): boolean {
  switch (operator) {
    case ':':
      return String(value) === wanted;
    case '~':
      return String(value).includes(wanted);
    case '>':
      return Number(value) > Number(wanted);
    case '<':
      return Number(value) < Number(wanted);
    case '>=':
      return Number(value) >= Number(wanted);
    default:
      return Number(value) <= Number(wanted);
  }
}

const notUnderstood = (message: string) => badRequest(message, { param: 'query' });
