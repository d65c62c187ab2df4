import { bankAccountOf } from '../accounts/wire.ts';
import { asRestrictedNow } from '../accounts/rules.ts';
import { balanceOf, post } from '../balance/post.ts';
import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest, resourceMissing } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf, rangeOf } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
import { newId, seconds } from '../world.ts';
import type { Payout } from './entity.ts';
import { ARRIVES_AFTER_MS, sendToBank } from './bank.ts';
import { payoutWire } from './wire.ts';

export const payoutRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/payouts', handle: create },
  { method: 'GET', path: '/v1/payouts', handle: list },
  { method: 'GET', path: '/v1/payouts/:id', handle: retrieve },
  { method: 'POST', path: '/v1/payouts/:id/cancel', handle: cancel },
];

/** Charged in hundredths, paid out in whole ones. */
const wholeUnitsOnly = ['huf', 'twd'];

function create(call: StripeCall) {
  const parameters = call.parameters('Payouts.create');
  const { world, account } = call;
  const amount = parameters.integer('amount')!;
  const currency = parameters.text('currency')!.toLowerCase();
  if (!asRestrictedNow(world, world.accounts.get(account)!).payoutsEnabled) {
    throw badRequest('Payouts are disabled on this account.', { code: 'payouts_not_allowed' });
  }
  const destination = parameters.text('destination') ?? bankAccountOf(account);
  if (destination !== bankAccountOf(account)) {
    throw resourceMissing('external account', destination, 'destination', 400);
  }
  if (wholeUnitsOnly.includes(currency) && amount % 100 !== 0) {
    throw badRequest(`Payouts in ${currency} must be in whole units: the last two digits must be 00.`, {
      param: 'amount',
    });
  }
  const { available } = balanceOf(call, currency);
  if (amount > available) {
    throw badRequest(
      `You have insufficient funds in your Stripe account for this payout. Available: ${available} ${currency}.`,
      { code: 'balance_insufficient' },
    );
  }
  const id = newId(call, 'po');
  const payout: Payout = {
    id,
    ...newlyOwned(call),
    amount,
    arrivalDate: seconds(world) + ARRIVES_AFTER_MS / 1000,
    balanceTransaction: post(call, { account, amount: -amount, currency, source: id, type: 'payout' }).id,
    currency,
    description: parameters.text('description') ?? null,
    destination,
    failure: null,
    metadata: mergeMetadata({}, parameters.metadata()),
    statementDescriptor: parameters.text('statement_descriptor') ?? null,
    status: 'pending',
  };
  world.payouts.set(id, payout);
  writeEvent(call, 'payout.created', payoutWire(payout));
  sendToBank(call, payout);
  return payoutWire(payout);
}

function list(call: StripeCall) {
  const parameters = call.parameters('Payouts.list');
  const [status, destination] = [parameters.text('status'), parameters.text('destination')];
  const arrives = rangeOf(parameters.all['arrival_date']);
  const payouts = allOwn(call, call.world.payouts).filter(
    payout =>
      payout.status === (status ?? payout.status) &&
      payout.destination === (destination ?? payout.destination) &&
      arrives(payout.arrivalDate),
  );
  return listOf(payouts, parameters, '/v1/payouts', payoutWire);
}

const getPayout = (call: StripeCall) =>
  findOwn(call, call.world.payouts, call.path['id']!, 'payout', 'payout');

function retrieve(call: StripeCall) {
  call.parameters('Payouts.retrieve');
  return payoutWire(getPayout(call));
}

function cancel(call: StripeCall) {
  call.parameters('Payouts.cancel');
  const payout = getPayout(call);
  if (payout.status !== 'pending') throw badRequest('Only a pending payout can be canceled.');
  payout.status = 'canceled';
  const { account, amount, currency, id } = payout;
  post(call, { account, amount, currency, source: id, type: 'payout_cancel' });
  writeEvent(call, 'payout.canceled', payoutWire(payout));
  return payoutWire(payout);
}
