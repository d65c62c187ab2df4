/**
 * One wish of a customer to begin a transaction. Flex has no idempotency keys, so the wish's id travels in the
 * transaction's protected data: whether it came true can be seen there when the answer was lost, or asked for again.
 */
import { hash } from 'node:crypto';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import type { FlexSession } from '../flex/door.ts';
import type { OwnTransaction } from '../flex/lookup.ts';

export type Attempt = {
  id: string;
  /** Of all that was ordered: a key that comes again must come with the same order. */
  digest: string;
};

/** What an attempt leaves in the transaction. Both parties can read it, and neither learns anything from it. */
export const marksOf = ({ id, digest }: Attempt) => ({ attemptId: id, attemptDigest: digest });

/** `order` is anything that JSON can write; the order of its keys plays no part. */
export const digestOf = (order: unknown): string =>
  hash('sha256', JSON.stringify(withSortedKeys(order)), 'base64url').slice(0, 22);

function withSortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (value instanceof Date) return value.toISOString();
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).toSorted())
    sorted[key] = withSortedKeys((value as Record<string, unknown>)[key]);
  return sorted;
}

/** The caller's newest transactions about a listing: more than anybody makes while one attempt is of interest. */
const MOST = 100;

/** The id of the transaction that came of the attempt, if one can be seen. A key that was used for another order is refused. */
export async function findTransactionOf(
  session: FlexSession,
  attempt: Attempt,
  listingId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const transactions = await session.ownTransactions({ listingId, perPage: MOST }, signal);
  const found = transactions.find(transaction => mark(transaction, 'attemptId') === attempt.id);
  if (found && mark(found, 'attemptDigest') !== attempt.digest) {
    throw new ProxyError('idempotency-key-reused', {
      status: 409,
      statusText: 'This X-Idempotency-Key was used for another order: take a new key for a new order.',
      data: {},
    });
  }
  return found?.id;
}

const mark = ({ protectedData }: OwnTransaction, name: string) => ownValue(protectedData, name);
