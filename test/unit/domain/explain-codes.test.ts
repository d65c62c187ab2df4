import { readFileSync } from 'node:fs';
import path from 'node:path';
import { explainCause, explainCode } from '../../../server/domain/codes/explain.ts';
import { stripeCodeNames } from '../../../server/domain/codes/stripe-names.ts';
import { causes } from '../../../server/domain/diagnosis/causes.ts';

/** Those that a marketplace's API reference lists. */
const FLEX =
  `stripe-missing-api-key transaction-payment-failed transaction-locked transaction-invalid-transition
  transaction-missing-stripe-account transaction-charge-zero-payin transaction-stripe-account-disabled-charges
  transaction-unknown-alias transaction-booking-time-not-available too-many-requests forbidden not-found conflict
  validation-invalid-value auth-invalid-access-token email-taken user-is-banned`.split(/\s+/);

describe('explainCode', () => {
  it("knows every name that Stripe's own package lists", () => {
    const types = path.join(
      import.meta.dirname,
      '../../../node_modules/stripe/esm/resources/PaymentIntents.d.ts',
    );
    const listed = [...readFileSync(types, 'utf8').matchAll(/type Code = ([^;]*);/g)]
      .flatMap(([, union]) => [...union!.matchAll(/'([a-z0-9_]+)'/g)])
      .map(([, name]) => name!);

    expect(listed.length).toBeGreaterThan(150);
    expect([...new Set(listed)].filter(name => !stripeCodeNames.has(name))).toEqual([]);
    expect([...stripeCodeNames].filter(name => explainCode(name).length === 0)).toEqual([]);
  });

  it.each(FLEX)("knows Flex's %s", code => {
    expect(explainCode(code)[0]).toMatchObject({ code, source: 'flex', exact: true });
  });

  it.each([
    ['card_declined', 'stripe', 'customer'],
    ['insufficient_funds', 'stripe', 'customer'],
    ['do_not_honor', 'stripe decline', 'customer'],
    ['api_key_expired', 'stripe', 'operator'],
    ['outcome-unknown', 'this service', 'operator'],
  ])('%s is of %s, for the %s', (code, source, who) => {
    expect(explainCode(code)).toMatchObject([{ code, source, who }]);
  });

  it('says so when it knows only the family', () => {
    expect(explainCode('bank_account_bad_routing_numbers')).toMatchObject([
      { source: 'stripe', exact: false },
    ]);
  });

  it.each(['', 'nonsense', 'toString', '__proto__', 'made_up_code'])('knows nothing of %j', code => {
    expect(explainCode(code)).toEqual([]);
  });
});

it('explains each cause that a diagnosis can have, in its own words', () => {
  expect(causes.flatMap(explainCause).map(({ code }) => code)).toEqual([...causes]);
  expect(explainCause('flex-returned-placeholder')).toMatchObject([{ source: 'diagnosis', who: 'operator' }]);
  expect(explainCause('healthy')).toMatchObject([{ who: 'nobody' }]);
  expect(explainCause('toString')).toEqual([]);
});
