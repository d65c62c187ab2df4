import { BrokenCircuitError, BulkheadRejectedError } from 'cockatiel';
import Stripe from 'stripe';
import { answerOf } from '../../../server/stripe/money.ts';

const raw = (given: object) => ({ message: 'words', ...given }) as Stripe.StripeRawError;
const { errors } = Stripe;
const connection = (code?: string) =>
  new errors.StripeConnectionError(raw({ detail: code === undefined ? undefined : { code } }));

describe('what an error says of a wish that moves money', () => {
  it.each<[string, unknown, object]>([
    ['a rest', new BrokenCircuitError(), { outcome: 'not-now', trouble: 'stripe is given a rest' }],
    [
      'too many at once',
      new BulkheadRejectedError(1, 1),
      { outcome: 'not-now', trouble: 'stripe is given a rest' },
    ],
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED'].map(
      (code): [string, unknown, object] => [
        code,
        connection(code),
        { outcome: 'not-now', trouble: 'no connection' },
      ],
    ),
    ...['ECONNRESET', 'ETIMEDOUT', 'EPIPE', undefined].map((code): [string, unknown, object] => [
      `a connection that broke (${code})`,
      connection(code),
      { outcome: 'unknown', trouble: 'no answer', isSaved: false },
    ]),
    ...[401, 403, 429].map((statusCode): [string, unknown, object] => [
      String(statusCode),
      new errors.StripeAPIError(raw({ statusCode, code: 'why' })),
      { outcome: 'not-now', trouble: `status ${statusCode}` },
    ]),
    [
      'the same wish under way',
      new errors.StripeAPIError(raw({ statusCode: 409, code: 'idempotency_key_in_use' })),
      { outcome: 'unknown', trouble: 'under way', isSaved: false },
    ],
    [
      'a key that came with other words',
      new errors.StripeIdempotencyError(raw({ statusCode: 400 })),
      { outcome: 'unknown', trouble: 'the key was used', isSaved: true },
    ],
    [
      'a decline',
      new errors.StripeCardError(raw({ statusCode: 402, code: 'card_declined' })),
      { outcome: 'refused', code: 'card_declined' },
    ],
    [
      'nothing of that name',
      new errors.StripeInvalidRequestError(raw({ statusCode: 404, code: 'resource_missing' })),
      { outcome: 'refused', code: 'resource_missing' },
    ],
    [
      'a refusal without a code',
      new errors.StripeInvalidRequestError(raw({ statusCode: 400, type: 'invalid_request_error' })),
      { outcome: 'refused', code: 'invalid_request_error' },
    ],
    [
      'a fault of its own',
      new errors.StripeAPIError(raw({ statusCode: 500 })),
      { outcome: 'unknown', trouble: 'status 500', isSaved: false },
    ],
    [
      'a fault of its own that it keeps under the key',
      new errors.StripeAPIError(raw({ statusCode: 500, headers: { 'idempotent-replayed': 'true' } })),
      { outcome: 'unknown', trouble: 'status 500', isSaved: true },
    ],
    [
      'an answer that is none',
      new errors.StripeAPIError(raw({})),
      { outcome: 'unknown', trouble: 'status none', isSaved: false },
    ],
  ])('%s', (_what, error, answer) => {
    expect(answerOf(error)).toEqual(answer);
  });

  it('of what is not from Stripe, nothing: that is a fault of ours', () => {
    const error = new TypeError('a fault');
    expect(() => answerOf(error)).toThrow(error);
  });
});
