import type { StripeCall, StripeRoute } from '../context.ts';
import { badRequest } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { mergeMetadata } from '../parameters.ts';
import { newId, seconds } from '../world.ts';
import type { Payout } from './entity.ts';
import { balanceOf, post } from './move-money.ts';
import { payoutWire } from './wire.ts';

export const balanceRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/balance', handle: retrieveBalance },
  { method: 'POST', path: '/v1/payouts', handle: createPayout },
];

function retrieveBalance(call: StripeCall) {
  const { world, account } = call;
  const currencies = new Set(
    [...world.balanceTransactions.values()]
      .filter(entry => entry.account === account)
      .map(entry => entry.currency),
  );
  if (currencies.size === 0) currencies.add(world.accounts.get(account)?.defaultCurrency ?? 'eur');
  const sums = [...currencies].map(currency => ({ currency, ...balanceOf(world, account, currency) }));
  const amounts = (kind: 'available' | 'pending') =>
    sums.map(sum => ({ amount: sum[kind], currency: sum.currency, source_types: { card: sum[kind] } }));
  return {
    object: 'balance',
    available: amounts('available'),
    connect_reserved: sums.map(({ currency }) => ({ amount: 0, currency })),
    livemode: false,
    pending: amounts('pending'),
  };
}

const payoutParameters = {
  amount: 'number!',
  currency: 'string!',
  description: 'string',
  destination: 'string',
  metadata: 'map',
  method: 'standard|instant',
  source_type: 'bank_account|card|fpx',
  statement_descriptor: 'string',
};

function createPayout(call: StripeCall) {
  const parameters = call.parameters('Payouts.create', payoutParameters);
  const { world, account } = call;
  const amount = parameters.integer('amount')!;
  const currency = parameters.text('currency')!.toLowerCase();
  const { available } = balanceOf(world, account, currency);
  if (amount < 1 || amount > available) {
    throw badRequest(
      `You have insufficient funds in your Stripe account for this payout. Available: ${available} ${currency}.`,
      {
        code: 'balance_insufficient',
      },
    );
  }
  if (!world.accounts.get(account)?.payoutsEnabled) {
    throw badRequest('Payouts are disabled on this account.', { code: 'payouts_not_allowed' });
  }
  const id = newId(world, 'po');
  const payout: Payout = {
    id,
    account,
    created: seconds(world),
    amount,
    balanceTransaction: post(world, { account, amount: -amount, currency, source: id, type: 'payout' }).id,
    currency,
    description: parameters.text('description') ?? null,
    metadata: mergeMetadata({}, parameters.metadata()),
    status: 'paid',
  };
  world.payouts.set(id, payout);
  writeEvent(call, 'payout.created', payoutWire(payout));
  writeEvent(call, 'payout.paid', payoutWire(payout));
  return payoutWire(payout);
}
