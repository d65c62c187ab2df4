/** What can go wrong with a call to Flex, as our own error. Nothing of the call goes into it: it holds the user's token. */
import { ProxyError, type Outcome } from '../domain/errors.ts';

/** A query changes nothing; a command may have been carried out although its answer was lost. */
export type CallKind = 'query' | 'command';

const unknownIf = (kind: CallKind): Outcome => (kind === 'command' ? 'unknown' : 'refused');

export const timedOut = (kind: CallKind) =>
  new ProxyError('flex-timeout', {
    status: 504,
    statusText: 'The Marketplace API did not answer in time.',
    data: {},
    outcome: unknownIf(kind),
  });

/** The connection broke before an answer came. */
export const lost = (kind: CallKind) =>
  new ProxyError('flex-unavailable', {
    status: 502,
    statusText: 'The Marketplace API could not be reached.',
    data: {},
    outcome: unknownIf(kind),
  });

/** There was no connection, or it has been failing and is given a rest: whatever the call was, it was not made. */
export const notSent = (retryAfterSeconds?: number) =>
  new ProxyError('flex-unavailable', {
    status: retryAfterSeconds === undefined ? 502 : 503,
    statusText: 'The Marketplace API could not be reached.',
    data: {},
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

export const overloaded = () =>
  new ProxyError('overloaded', {
    status: 503,
    statusText: 'Too many calls to the Marketplace API are under way.',
    data: {},
    retryAfterSeconds: 1,
  });

/** Flex takes what else came with the call, but not our id and secret. */
export const credentialsRefused = (status: number, data: unknown = {}) =>
  new ProxyError('flex-credentials-refused', {
    status,
    statusText: 'The Authentication API does not take the credentials of this service.',
    data,
  });

/** An answer came and can not be read, or is not what was asked for. */
export const unreadable = (kind: CallKind, what = 'an answer that can not be read') =>
  new ProxyError('flex-answer-unreadable', {
    status: 502,
    statusText: `The Marketplace API answered with ${what}.`,
    data: {},
    outcome: unknownIf(kind),
  });

type Refusal = { status: number; statusText: string; data: unknown; retryAfterSeconds?: number };

/** Flex's own refusal goes back to the client as it is: same status, same words, same data. */
export function refusal(
  kind: CallKind,
  { status, statusText, data, retryAfterSeconds }: Refusal,
): ProxyError {
  if (status < 500) {
    return new ProxyError('flex-refused', {
      status,
      statusText: statusText || 'Refused by the Marketplace API',
      data: isEmpty(data) ? {} : data,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  // Without a body of Flex's own, all that is known is that there was no answer.
  if (typeof data !== 'object' || data === null) return lost(kind);
  return new ProxyError('flex-unavailable', {
    status,
    statusText: statusText || 'The Marketplace API failed.',
    data,
    outcome: unknownIf(kind),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

const isEmpty = (data: unknown) => data === undefined || data === null || data === '';
