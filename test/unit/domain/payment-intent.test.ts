import fc from 'fast-check';
import {
  judgeClientSecret,
  judgePair,
  judgePaymentIntentId,
  paymentIntentIdOf,
} from '../../../server/domain/payment-intent.ts';
import strings from '../../fixtures/payment-intent-strings.json' with { type: 'json' };

const judges: Record<string, typeof judgePair> = {
  payment_intent_id: judgePaymentIntentId,
  client_secret: judgeClientSecret,
  pair: judgePair,
};

describe('labelled strings', () => {
  it.each(strings.map(entry => [entry.kind, JSON.stringify(entry.value).slice(0, 60), entry] as const))(
    '%s %s',
    (kind, _value, entry) => {
      const judgement = judges[kind]!(entry.value);

      expect(judgement).toEqual({ valid: entry.valid, reasons: entry.reasons });
      expect(judgement.valid).toBe(judgement.reasons.length === 0);
    },
  );

  it('holds both kinds of every sort', () => {
    const sorts = new Set(strings.map(entry => `${entry.kind} ${entry.valid}`));

    expect(sorts.size).toBe(6);
    expect(strings.length).toBeGreaterThan(80);
  });
});

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const letters = (minLength: number, maxLength: number) =>
  fc
    .array(fc.constantFrom(...BASE62.split('')), { minLength, maxLength })
    .map(list => list.join(''))
    .filter(text => new Set(text).size >= 6);
const ids = letters(14, 252).map(body => `pi_${body}`);
const separators = fc.constantFrom('_secret_', '_scoped_secret_');
const secrets = fc.tuple(ids, separators, letters(10, 200)).map(parts => parts.join(''));

/** What no id and no secret may hold. */
const foreign = fc
  .oneof(
    fc.constantFrom('*', ' ', '\n', '\u0000', '-', '%', '.', '\u200b', '\ufeff', 'е'),
    fc.string({ minLength: 1, maxLength: 2 }),
  )
  .filter(text => !/^[A-Za-z0-9]*$/.test(text));

describe('any well-formed value', () => {
  it('is taken', () => {
    fc.assert(fc.property(ids, id => judgePaymentIntentId(id).valid));
    fc.assert(fc.property(secrets, secret => judgeClientSecret(secret).valid));
    fc.assert(
      fc.property(
        secrets,
        clientSecret => judgePair({ id: paymentIntentIdOf(clientSecret), clientSecret }).valid,
      ),
    );
  });

  it('is refused, with a reason, with one foreign piece anywhere in it', () => {
    fc.assert(
      fc.property(fc.oneof(ids, secrets), foreign, fc.nat(), (value, piece, at) => {
        const place = at % (value.length + 1);
        const broken = value.slice(0, place) + piece + value.slice(place);
        return [judgePaymentIntentId(broken), judgeClientSecret(broken)].every(
          judgement => !judgement.valid && judgement.reasons.length > 0,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused when it is not a primitive text', () => {
    fc.assert(
      fc.property(fc.oneof(ids, secrets), value => {
        const wrapped = [[value], new String(value), { toString: () => value }];
        return wrapped.every(each => judgePaymentIntentId(each).reasons[0] === 'not-a-string');
      }),
    );
  });
});

describe('judgePair', () => {
  it('refuses the secret of any other PaymentIntent', () => {
    fc.assert(
      fc.property(ids, secrets, (id, clientSecret) => {
        fc.pre(paymentIntentIdOf(clientSecret) !== id);
        return judgePair({ id, clientSecret }).reasons.includes('secret-of-another-payment-intent');
      }),
    );
  });

  it('refuses an id that is only the beginning of the one in the secret', () => {
    fc.assert(
      fc.property(letters(15, 252), letters(10, 200), (body, tail) => {
        const id = `pi_${body.slice(0, -1)}`;
        fc.pre(judgePaymentIntentId(id).valid);
        return !judgePair({ id, clientSecret: `pi_${body}_secret_${tail}` }).valid;
      }),
    );
  });

  it('refuses ids and secrets that a prototype offers', () => {
    const pair = Object.create({ id: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3', clientSecret: 'x' }) as unknown;

    expect(judgePair(pair)).toEqual({ valid: false, reasons: ['not-a-string'] });
  });
});

it('never says yes to anything at random', () => {
  fc.assert(
    fc.property(
      fc.anything(),
      value =>
        !judgePaymentIntentId(value).valid && !judgeClientSecret(value).valid && !judgePair(value).valid,
    ),
    { numRuns: 2_000 },
  );
});
