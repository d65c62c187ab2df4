import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { listOf } from '../lists.ts';
import { seconds } from '../world.ts';
import type { BalanceTransaction } from './entity.ts';
import { balanceOf } from './post.ts';
import { balanceTransactionWire } from './wire.ts';

export const balanceRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/balance', handle: retrieveBalance },
  { method: 'GET', path: '/v1/balance_transactions', handle: list },
  { method: 'GET', path: '/v1/balance_transactions/:id', handle: retrieve },
];

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

function list(call: StripeCall) {
  const parameters = call.parameters('BalanceTransactions.list');
  const [source, type] = [parameters.text('source'), parameters.text('type')];
  const currency = parameters.text('currency');
  const entries = allOwn(call, call.world.balanceTransactions).filter(
    entry =>
      entry.source === (source ?? entry.source) &&
      entry.type === (type ?? entry.type) &&
      entry.currency === (currency ?? entry.currency),
  );
  return listOf(entries, parameters, '/v1/balance_transactions', entryWire(call));
}

function retrieve(call: StripeCall) {
  call.parameters('BalanceTransactions.retrieve');
  return entryWire(call)(
    findOwn(call, call.world.balanceTransactions, call.path['id']!, 'balance transaction', 'id'),
  );
}
