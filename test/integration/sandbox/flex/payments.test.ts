/** The actions that move money, in and out of order; and offers, which end in a payment. */
import { operatorSdk, stripeClient, userSdks } from '../../../setup/flex-sdks.ts';
import {
  expectRefusal,
  begin,
  eur,
  intentIn,
  lineItems,
  listingNamed,
  payInBrowser,
  preauthorized,
  push,
  sizes,
  step,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const alice = () => userSdks(info(), 'Alice');

describe('what comes after', () => {
  it('a refund takes back every line once, and the money', async () => {
    const { id, intent } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    await transition(petra.sdk, id, 'accept');

    const { attributes } = await transition(operatorSdk(info()), id.uuid, 'cancel');

    const amounts = attributes.lineItems.map(({ code, lineTotal, reversal }: any) => [
      code,
      lineTotal.amount,
      reversal,
    ]);
    expect(amounts).toEqual([
      ['line-item/night', 15000, false],
      ['line-item/provider-commission', -1500, false],
      ['line-item/night', -15000, true],
      ['line-item/provider-commission', 1500, true],
    ]);
    expect([attributes.payinTotal.amount, attributes.payoutTotal.amount]).toEqual([0, 0]);
    expect(attributes.lineItems[2]).toMatchObject({ unitPrice: { amount: 5000 }, quantity: { value: '3' } });
    expect((await stripeClient(info()).paymentIntents.retrieve(intent.stripePaymentIntentId)).status).toBe(
      'succeeded',
    );
    expect((await stripeClient(info()).refunds.list()).data).toMatchObject([{ amount: 15000 }]);
  });

  it('actions out of order are refused, and leave no trace', async () => {
    const pay = ['privileged-set-line-items', 'stripe-create-payment-intent'];
    await push(sandbox(), 'order', [
      step('begin', { to: 'open', trusted: true, actions: pay }),
      step('bare', { to: 'open' }),
      step('priced', { to: 'open', trusted: true, actions: ['privileged-set-line-items'] }),
      ...[
        'stripe-create-payment-intent',
        'stripe-capture-payment-intent',
        'stripe-create-payout',
        'stripe-refund-payment',
        'stripe-confirm-payment-intent',
        'accept-booking',
        'accept-stock-reservation',
      ].map(action => step(action, { from: 'open', to: 'open', by: 'customer', actions: [action] })),
      step('refund-twice', {
        from: 'open',
        to: 'open',
        actions: ['calculate-full-refund', 'calculate-full-refund'],
      }),
    ]);
    const { trusted } = await alice();
    const begun = (name: string) => begin(trusted, 'order', { lineItems }, name);
    const [paid, bare, priced] = [await begun('begin'), await begun('bare'), await begun('priced')];
    const before = sizes(sandbox());

    for (const [{ id }, name, code] of [
      [paid, 'stripe-create-payment-intent', 'conflict'],
      [bare, 'stripe-create-payment-intent', 'transaction-missing-listing-price'],
      [paid, 'stripe-capture-payment-intent', 'transaction-invalid-action-sequence'],
      [paid, 'stripe-create-payout', 'transaction-invalid-action-sequence'],
      [priced, 'stripe-refund-payment', 'transaction-invalid-action-sequence'],
      [priced, 'stripe-confirm-payment-intent', 'transaction-invalid-action-sequence'],
      [bare, 'accept-booking', 'transaction-invalid-action-sequence'],
      [bare, 'accept-stock-reservation', 'transaction-invalid-action-sequence'],
      [priced, 'refund-twice', 'transaction-invalid-action-sequence'],
    ] as const)
      await expectRefusal(transition(trusted, id, name), 409, code);
    expect(sizes(sandbox())).toEqual(before);
  });

  it('new prices do not reach a PaymentIntent that is there', async () => {
    await push(sandbox(), 'reprice', [
      step('begin', {
        to: 'open',
        trusted: true,
        actions: ['privileged-set-line-items', 'stripe-create-payment-intent'],
      }),
      step('price', { from: 'open', to: 'open', trusted: true, actions: ['privileged-set-line-items'] }),
    ]);
    const { trusted } = await alice();
    const { id } = await begin(trusted, 'reprice', { lineItems });

    const { attributes } = await transition(trusted, id, 'price', {
      lineItems: [{ code: 'line-item/night', unitPrice: eur(100), quantity: 1 }],
    });

    expect(attributes.payinTotal).toEqual(eur(100));
    expect(attributes.lineItems).toHaveLength(1);
    expect(
      (await stripeClient(info()).paymentIntents.retrieve(intentIn({ attributes }).stripePaymentIntentId))
        .amount,
    ).toBe(15000);
  });

  it('push payments are captured as the customer confirms', async () => {
    await push(sandbox(), 'push', [
      step('begin', {
        to: 'open',
        trusted: true,
        actions: ['privileged-set-line-items', 'stripe-create-payment-intent-push'],
      }),
      step('confirm', {
        from: 'open',
        to: 'paid',
        actions: ['stripe-confirm-payment-intent', 'stripe-capture-payment-intent'],
      }),
    ]);
    const { sdk, trusted } = await alice();
    await expectRefusal(begin(trusted, 'push', { lineItems }), 400, 'validation-missing-key');
    await expectRefusal(
      begin(trusted, 'push', { lineItems, paymentMethodTypes: ['card'] }),
      409,
      'stripe-payment-method-type-not-supported',
    );
    const { id, attributes } = await begin(trusted, 'push', { lineItems, paymentMethodTypes: ['ideal'] });
    const { stripePaymentIntentId } = intentIn({ attributes });
    expect(await stripeClient(info()).paymentIntents.retrieve(stripePaymentIntentId)).toMatchObject({
      payment_method_types: ['ideal'],
      status: 'requires_payment_method',
    });

    await expectRefusal(transition(sdk, id, 'confirm'), 409, 'stripe-invalid-payment-intent-status');
  });

  it('the saved card of the customer is charged without them, when the file says so', async () => {
    await push(sandbox(), 'saved', [
      step('begin', {
        to: 'open',
        trusted: true,
        actions: [
          'privileged-set-line-items',
          'stripe-create-payment-intent {:use-customer-default-payment-method? :true}',
        ],
      }),
      step('capture', {
        from: 'open',
        to: 'paid',
        by: 'provider',
        actions: ['stripe-capture-payment-intent'],
      }),
    ]);
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    await expectRefusal(begin(customer.trusted, 'saved', { lineItems }), 409, 'stripe-customer-not-found');
    await customer.sdk.stripeCustomer.create({ stripePaymentMethodId: 'pm_card_visa' });

    const { id, attributes } = await begin(customer.trusted, 'saved', { lineItems });
    await transition(provider.sdk, id, 'capture');

    expect(attributes.protectedData).toEqual({});
    expect([...sandbox().stripe().paymentIntents.values()]).toMatchObject([{ status: 'succeeded' }]);
  });
});

describe('offers', () => {
  it('go to and fro along default-negotiation, and the one that is accepted is paid', async () => {
    const { id: listingId } = listingNamed(sandbox(), 'Wanted');
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    const offer = (amount: number) => ({
      lineItems: [{ code: 'line-item/request', unitPrice: eur(amount), quantity: 1 }],
      metadata: { offers: [amount] },
    });

    const made = await begin(
      provider.trusted,
      'default-negotiation',
      { listingId, ...offer(90000) },
      'make-offer',
    );
    expect(made.attributes).toMatchObject({
      state: 'state/offer-pending',
      payinTotal: eur(90000),
      metadata: { offers: [90000] },
      transitions: [{ by: 'provider' }],
    });
    await expectRefusal(
      begin(customer.trusted, 'default-negotiation', { listingId, ...offer(1) }, 'make-offer'),
      409,
      'transaction-same-author-and-customer',
    );
    const { id } = made;
    await expectRefusal(
      transition(customer.sdk, id, 'customer-make-counter-offer', offer(70000)),
      403,
      'forbidden',
    );
    const countered = await transition(customer.trusted, id, 'customer-make-counter-offer', offer(70000));
    expect(countered.attributes.payinTotal).toEqual(eur(70000));
    const accepted = await transition(provider.trusted, id, 'provider-accept-counter-offer', offer(70000));
    const ordered = await transition(customer.sdk, id, 'request-payment-to-accept-offer');
    expect([accepted.attributes.payinTotal, ordered.attributes.payinTotal]).toEqual([eur(70000), eur(70000)]);
    await payInBrowser(sandbox(), intentIn(ordered));

    const confirmed = await transition(customer.sdk, id, 'confirm-payment');

    expect(confirmed.attributes.state).toBe('state/offer-accepted');
    expect([...sandbox().stripe().paymentIntents.values()]).toMatchObject([
      { amount: 70000, status: 'succeeded' },
    ]);
  });
});
