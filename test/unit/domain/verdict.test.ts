import {
  adviceFor,
  check,
  isIncident,
  type CheckedCall,
  type Verdict,
} from '../../../server/domain/verdict.ts';

const id = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3';
const clientSecret = `${id}_secret_Dm43xiq1k0ywrRRjDoi8y1gkM`;
const uuid = '61cbb030-507f-4171-a0a9-b86538af7130';

const holding = (stripePaymentIntentId: unknown, stripePaymentIntentClientSecret: unknown) => ({
  protectedData: {
    stripePaymentIntents: { default: { stripePaymentIntentId, stripePaymentIntentClientSecret } },
  },
});
const real: CheckedCall = {
  isSpeculative: false,
  creation: 'creates',
  attributes: holding(id, clientSecret),
};

describe('check', () => {
  it('finds a real PaymentIntent valid', () => {
    expect(check(real)).toEqual({
      verdict: 'valid',
      reasons: [],
      path: 'protectedData.stripePaymentIntents.default',
      looksLikePI: true,
      secretLooksRight: true,
      paymentIntentId: id,
    });
  });

  it('takes UUIDs in a speculative response for what they are: a simulation', () => {
    const result = check({ ...real, isSpeculative: true, attributes: holding(uuid, uuid) });

    expect(result).toMatchObject({ verdict: 'simulated', reasons: [], looksLikePI: false });
    expect(isIncident(result.verdict)).toBe(false);
  });

  it('takes the same UUIDs in a real response for the incident', () => {
    const result = check({ ...real, attributes: holding(uuid, uuid) });

    expect(result).toMatchObject({
      verdict: 'invalid',
      reasons: ['uuid'],
      looksLikePI: false,
      secretLooksRight: false,
    });
    expect(isIncident(result.verdict)).toBe(true);
  });

  it.each<[string, Partial<CheckedCall>, Verdict, string[]]>([
    ['nothing where one was due', { attributes: { protectedData: {} } }, 'missing', []],
    ['no attributes at all', { attributes: undefined }, 'missing', []],
    ['no default', { attributes: { protectedData: { stripePaymentIntents: {} } } }, 'missing', []],
    ['an id without its secret', { attributes: holding(id, undefined) }, 'invalid', ['not-a-string']],
    [
      'a secret without its id',
      { attributes: holding(undefined, clientSecret) },
      'invalid',
      ['not-a-string'],
    ],
    [
      'a secret of another',
      { attributes: holding(`${id}0`, clientSecret) },
      'invalid',
      ['secret-of-another-payment-intent'],
    ],
    ['a transition that creates none', { creation: 'creates-none', attributes: {} }, 'not-expected', []],
    ['a PaymentIntent left over from before', { creation: 'creates-none' }, 'not-expected', []],
    [
      'a process without a file',
      { creation: 'unknown', attributes: holding(uuid, uuid) },
      'unknown-process',
      [],
    ],
    ['a simulation of an unknown process', { creation: 'unknown', isSpeculative: true }, 'simulated', []],
  ])('%s', (_case, call, verdict, reasons) => {
    expect(check({ ...real, ...call })).toMatchObject({ verdict, reasons });
  });

  it.each([
    [
      'protectedData',
      { protectedData: { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret } },
    ],
    ['metadata', { metadata: { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret } }],
    ['metadata.stripePaymentIntents.default', { metadata: holding(id, clientSecret).protectedData }],
  ])('calls a good PaymentIntent in %s misplaced: the client does not look there', (path, attributes) => {
    expect(check({ ...real, attributes })).toMatchObject({
      verdict: 'invalid',
      reasons: ['misplaced'],
      path,
      looksLikePI: true,
    });
  });

  it('does not look at what a prototype offers', () => {
    const attributes = Object.create(holding(id, clientSecret)) as object;

    expect(check({ ...real, attributes }).verdict).toBe('missing');
  });

  it('never gives a secret away, wherever it stands', () => {
    const calls = [
      real,
      { ...real, attributes: holding(clientSecret, clientSecret) },
      { ...real, attributes: { metadata: { stripePaymentIntentClientSecret: clientSecret } } },
    ];

    expect(JSON.stringify(calls.map(check))).not.toContain('Dm43xiq1k0ywrRRjDoi8y1gkM');
  });
});

it('has advice for every verdict and every reason, and names the setting to mend', () => {
  const verdicts: Verdict[] = ['valid', 'simulated', 'missing', 'not-expected', 'unknown-process'];
  const invalid = (['uuid', 'misplaced', 'masked', 'secret-of-another-payment-intent'] as const).map(reason =>
    adviceFor({ verdict: 'invalid', reasons: [reason] }),
  );
  const all = [...verdicts.map(verdict => adviceFor({ verdict, reasons: [] })), ...invalid];

  expect(new Set(all.map(advice => advice.meaning)).size).toBe(all.length);
  expect(adviceFor({ verdict: 'unknown-process', reasons: [] }).next).toContain('TRANSACTION_PROCESSES_DIR');
});
