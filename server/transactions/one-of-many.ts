/**
 * Requests with one idempotency key that come at the same time: one of them sends the order, the others wait and answer
 * with what it made. Where there is no database, or it is away, each looks in Flex for itself, as it does in any case.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ProxyError } from '../domain/errors.ts';
import type { FlexAnswer } from '../flex/door.ts';
import type { ClaimEnd, ClaimState, Wish } from '../store/initiate-claims.ts';

export type Claims = {
  /** null when the database does not answer in time. */
  claim(wish: Wish): Promise<ClaimState | null>;
  /** Is not waited for. */
  settle(wish: Wish, fence: number, end: ClaimEnd): void;
};

type Work = {
  send(): Promise<FlexAnswer>;
  /** The answer that an earlier one has come to, if it can be seen in Flex. */
  look(): Promise<FlexAnswer | undefined>;
  show(transactionId: string): Promise<FlexAnswer>;
};

const LOOK_AGAIN_MS = 200;

export async function oneOfMany(
  claims: Claims | null,
  wish: Wish,
  { send, look, show }: Work,
  signal: AbortSignal,
): Promise<FlexAnswer> {
  if (!claims) return send();
  for (;;) {
    const claim = await claims.claim(wish);
    if (claim === null) return send();
    if (claim.is === 'other-order') throw REUSED;
    if (claim.is === 'done') return show(claim.transactionId);
    if (claim.is === 'mine') return settled(claims, wish, claim, { send, look });
    const waited = await pause(LOOK_AGAIN_MS, true, { signal }).catch(() => false);
    if (!waited) throw IN_USE;
  }
}

async function settled(
  claims: Claims,
  wish: Wish,
  { fence, isRepeated }: Extract<ClaimState, { is: 'mine' }>,
  { send, look }: Pick<Work, 'send' | 'look'>,
): Promise<FlexAnswer> {
  try {
    const answer = (isRepeated ? await look() : undefined) ?? (await send());
    const { id } = answer.transaction;
    claims.settle(wish, fence, id === null ? { is: 'unknown' } : { is: 'done', transactionId: id });
    return answer;
  } catch (failure) {
    const isRefused = failure instanceof ProxyError && failure.outcome === 'refused';
    claims.settle(wish, fence, { is: isRefused ? 'refused' : 'unknown' });
    throw failure;
  }
}

const REUSED = new ProxyError('idempotency-key-reused', {
  status: 409,
  statusText: 'This X-Idempotency-Key was used for another order: take a new key for a new order.',
  data: {},
});
const IN_USE = new ProxyError('idempotency-key-in-use', {
  status: 409,
  statusText:
    'The order of this X-Idempotency-Key is being made by another request. Send it again in a moment.',
  data: {},
  retryAfterSeconds: 2,
});
