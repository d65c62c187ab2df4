/**
 * What the SDK throws, turned into our own error at the door. Nothing of the SDK's object goes further: it holds the
 * request, and with it the user's access token.
 */
import { ProxyError, type Outcome } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';

/** A query changes nothing; a command may have been carried out although its answer was lost. */
export type CallKind = 'query' | 'command';

type SdkFailure = { status: number; statusText: string; data: unknown };

export function flexError(failure: unknown, kind: CallKind, signal: AbortSignal): ProxyError {
  if (signal.aborted) return timeout(kind);
  const answer = answerOf(failure);
  if (answer) return answer.status < 500 ? refused(answer) : unavailable(kind, answer);
  if (isNetworkFailure(failure)) return unavailable(kind);
  return new ProxyError('flex-answer-unreadable', {
    status: 502,
    statusText: 'The answer of the Marketplace API could not be read.',
    data: {},
    outcome: unknownIf(kind),
    cause: harmless(failure),
  });
}

const unknownIf = (kind: CallKind): Outcome => (kind === 'command' ? 'unknown' : 'refused');

const timeout = (kind: CallKind) =>
  new ProxyError('flex-timeout', {
    status: 504,
    statusText: 'The Marketplace API did not answer in time.',
    data: {},
    outcome: unknownIf(kind),
  });

/** Flex's own refusal goes back to the client as it is: same status, same words, same data. */
const refused = ({ status, statusText, data }: SdkFailure) =>
  new ProxyError('flex-refused', {
    status,
    statusText: statusText || 'Refused by the Marketplace API',
    data: isEmpty(data) ? {} : data,
  });

const isEmpty = (data: unknown) => data === undefined || data === null || data === '';

function unavailable(kind: CallKind, answer?: SdkFailure): ProxyError {
  const hasWords = answer && typeof answer.data === 'object' && !isEmpty(answer.data);
  return new ProxyError('flex-unavailable', {
    // With a body the failure is Flex's own and goes back as it is; without, all we know is that there was no answer.
    status: hasWords ? answer.status : 502,
    statusText:
      hasWords && answer.statusText ? answer.statusText : 'The Marketplace API could not be reached.',
    data: hasWords ? answer.data : {},
    outcome: unknownIf(kind),
  });
}

function answerOf(failure: unknown): SdkFailure | undefined {
  const status = ownValue(failure, 'status');
  if (typeof status !== 'number') return undefined;
  const statusText = ownValue(failure, 'statusText');
  return {
    status,
    statusText: typeof statusText === 'string' ? statusText : '',
    data: ownValue(failure, 'data'),
  };
}

const isNetworkFailure = (failure: unknown) => typeof ownValue(failure, 'code') === 'string';

/** Name and message only: enough for the log, nothing that could hold a token. */
const harmless = (failure: unknown) =>
  Error.isError(failure)
    ? Object.assign(new Error(failure.message), { name: failure.name, stack: failure.stack })
    : undefined;
