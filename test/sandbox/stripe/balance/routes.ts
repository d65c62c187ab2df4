import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
import { newId, seconds } from '../world.ts';
import type { BalanceTransaction, Payout } from './entity.ts';
import { balanceOf, post } from './move-money.ts';
import { applicationFeeWire, balanceTransactionWire, payoutWire, transferWire } from './wire.ts';

export const balanceRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/balance', handle: retrieveBalance },
  { method: 'GET', path: '/v1/balance_transactions', handle: listBalanceTransactions },
  { method: 'GET', path: '/v1/balance_transactions/:id', handle: retrieveBalanceTransaction },
  { method: 'GET', path: '/v1/transfers', handle: listTransfers },
  { method: 'GET', path: '/v1/transfers/:id', handle: retrieveTransfer },
  { method: 'GET', path: '/v1/application_fees', handle: listFees },
  { method: 'GET', path: '/v1/application_fees/:id', handle: retrieveFee },
  { method: 'POST', path: '/v1/payouts', handle: createPayout },
  { method: 'GET', path: '/v1/payouts', handle: listPayouts },
  { method: 'GET', path: '/v1/payouts/:id', handle: retrievePayout },
  { method: 'POST', path: '/v1/payouts/:id/cancel', handle: cancelPayout },
];

const pages = { created: 'range', limit: 'number', starting_after: 'string', ending_before: 'string' };

function retrieveBalance(call: StripeCall) {
  call.parameters('Balance.retrieve');
  const { world, account, livemode } = call;
  const currencies = new Set(allOwn(call, world.balanceTransactions).map(entry => entry.currency));
  if (currencies.size === 0) currencies.add(world.accounts.get(account)?.defaultCurrency ?? 'eur');
  const sums = [...currencies].map(currency => ({ currency, ...balanceOf(call, currency) }));
  const amounts = (kind: 'available' | 'pending') =>
    sums.map(sum => ({ amount: sum[kind], currency: sum.currency, source_types: { card: sum[kind] } }));
  return {
    object: 'balance',
    available: amounts('available'),
    connect_reserved: sums.map(({ currency }) => ({ amount: 0, currency })),
    livemode,
    pending: amounts('pending'),
  };
}

const entryWire = (call: StripeCall) => (entry: BalanceTransaction) =>
  balanceTransactionWire(entry, seconds(call.world));

function listBalanceTransactions(call: StripeCall) {
  const parameters = call.parameters('BalanceTransactions.list', {
    ...pages,
    source: 'string',
    type: 'string',
    payout: 'string',
  });
  const [source, type] = [parameters.text('source'), parameters.text('type')];
  const entries = allOwn(call, call.world.balanceTransactions).filter(
    entry => entry.source === (source ?? entry.source) && entry.type === (type ?? entry.type),
  );
  return listOf(entries, parameters, '/v1/balance_transactions', entryWire(call));
}

function retrieveBalanceTransaction(call: StripeCall) {
  call.parameters('BalanceTransactions.retrieve');
  return entryWire(call)(
    findOwn(call, call.world.balanceTransactions, call.path['id']!, 'balance transaction', 'id'),
  );
}

function listTransfers(call: StripeCall) {
  const parameters = call.parameters('Transfers.list');
  const [destination, group] = [parameters.text('destination'), parameters.text('transfer_group')];
  const transfers = allOwn(call, call.world.transfers).filter(
    transfer =>
      transfer.destination === (destination ?? transfer.destination) &&
      transfer.transferGroup === (group ?? transfer.transferGroup),
  );
  return listOf(transfers, parameters, '/v1/transfers', transferWire);
}

function retrieveTransfer(call: StripeCall) {
  call.parameters('Transfers.retrieve');
  return transferWire(findOwn(call, call.world.transfers, call.path['id']!, 'transfer', 'transfer'));
}

function listFees(call: StripeCall) {
  const parameters = call.parameters('ApplicationFees.list', { ...pages, charge: 'string' });
  const charge = parameters.text('charge');
  const fees = allOwn(call, call.world.applicationFees).filter(fee => fee.charge === (charge ?? fee.charge));
  return listOf(fees, parameters, '/v1/application_fees', applicationFeeWire);
}

function retrieveFee(call: StripeCall) {
  call.parameters('ApplicationFees.retrieve');
  return applicationFeeWire(
    findOwn(call, call.world.applicationFees, call.path['id']!, 'application fee', 'id'),
  );
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

/** A bank needs a day. */
const ARRIVES_AFTER_MS = 24 * 60 * 60 * 1000;

function createPayout(call: StripeCall) {
  const parameters = call.parameters('Payouts.create', payoutParameters);
  const { world, account, livemode } = call;
  const amount = parameters.integer('amount')!;
  const currency = parameters.text('currency')!.toLowerCase();
  const { available } = balanceOf(call, currency);
  if (amount > available) {
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
    ...newlyOwned(call),
    amount,
    balanceTransaction: post(call, { account, amount: -amount, currency, source: id, type: 'payout' }).id,
    currency,
    description: parameters.text('description') ?? null,
    destination: `ba_${account.slice('acct_'.length)}`,
    metadata: mergeMetadata({}, parameters.metadata()),
    status: 'pending',
  };
  world.payouts.set(id, payout);
  writeEvent(call, 'payout.created', payoutWire(payout));
  world.clock.at(world.clock.now() + ARRIVES_AFTER_MS, () => {
    if (payout.status !== 'pending') return;
    payout.status = 'paid';
    writeEvent({ world, account, livemode }, 'payout.paid', payoutWire(payout));
  });
  return payoutWire(payout);
}

function listPayouts(call: StripeCall) {
  const parameters = call.parameters('Payouts.list', {
    ...pages,
    status: 'string',
    arrival_date: 'range',
    destination: 'string',
  });
  const status = parameters.text('status');
  const payouts = allOwn(call, call.world.payouts).filter(
    payout => payout.status === (status ?? payout.status),
  );
  return listOf(payouts, parameters, '/v1/payouts', payoutWire);
}

const getPayout = (call: StripeCall) =>
  findOwn(call, call.world.payouts, call.path['id']!, 'payout', 'payout');

function retrievePayout(call: StripeCall) {
  call.parameters('Payouts.retrieve');
  return payoutWire(getPayout(call));
}

function cancelPayout(call: StripeCall) {
  call.parameters('Payouts.cancel');
  const payout = getPayout(call);
  if (payout.status !== 'pending') throw badRequest('Only a pending payout can be canceled.');
  payout.status = 'canceled';
  post(call, {
    account: payout.account,
    amount: payout.amount,
    currency: payout.currency,
    source: payout.id,
    type: 'payout_cancel',
  });
  writeEvent(call, 'payout.canceled', payoutWire(payout));
  return payoutWire(payout);
}
