import { asRestrictedNow, isConnected } from '../accounts/rules.ts';
import { balanceOf } from '../balance/post.ts';
import type { Charge } from '../charges/entity.ts';
import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest, insufficientCapabilities, resourceMissing } from '../errors.ts';
import { writeEvent, writeUpdate } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
import { seconds } from '../world.ts';
import type { Transfer } from './entity.ts';
import { makeTransfer, reverseTransfer } from './move.ts';
import { reversalWire, transferWire } from './wire.ts';

/** Separate charges and transfers: the platform moves what it was paid, and moves it back, by calls of its own. */
export const transferRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/transfers', handle: create },
  { method: 'GET', path: '/v1/transfers', handle: list },
  { method: 'GET', path: '/v1/transfers/:id', handle: retrieve },
  { method: 'POST', path: '/v1/transfers/:id', handle: update },
  { method: 'POST', path: '/v1/transfers/:id/reversals', handle: createReversal },
  { method: 'GET', path: '/v1/transfers/:id/reversals', handle: listReversals },
  { method: 'GET', path: '/v1/transfers/:id/reversals/:reversal', handle: retrieveReversal },
];

function create(call: StripeCall) {
  const parameters = call.parameters('Transfers.create');
  const { world } = call;
  const destination = parameters.text('destination')!;
  if (!isConnected(world, destination)) throw resourceMissing('destination', destination, 'destination', 400);
  const account = asRestrictedNow(world, world.accounts.get(destination)!);
  if (account.capabilities.transfers !== 'active') throw insufficientCapabilities('destination');
  const currency = parameters.text('currency')!.toLowerCase();
  const sourceId = parameters.text('source_transaction');
  const source =
    sourceId === undefined
      ? null
      : findOwn(call, world.charges, sourceId, 'charge', 'source_transaction', 400);
  const most = source ? restOf(call, source, currency) : balanceOf(call, currency).available;
  const amount = parameters.integer('amount') ?? (source ? most : undefined);
  if (amount === undefined) {
    throw badRequest('Missing required param: amount.', { code: 'parameter_missing', param: 'amount' });
  }
  if (amount > most) throw insufficientFunds(source, most);
  const transfer = makeTransfer(call, {
    amount,
    currency,
    description: parameters.text('description') ?? null,
    destination,
    metadata: mergeMetadata({}, parameters.metadata()),
    transferGroup: parameters.text('transfer_group') ?? source?.transferGroup ?? null,
    sourceTransaction: source,
    applicationFee: 0,
    availableOn: source
      ? world.balanceTransactions.get(source.balanceTransaction!)!.availableOn
      : seconds(world),
  });
  writeEvent(call, 'transfer.created', transferWire(transfer));
  return transferWire(transfer);
}

/** What of a charge was not transferred yet. */
function restOf(call: StripeCall, charge: Charge, currency: string): number {
  if (charge.balanceTransaction === null || charge.currency !== currency) {
    throw badRequest(`Charge ${charge.id} can not be the source of a transfer in ${currency}.`, {
      param: 'source_transaction',
    });
  }
  const given = [...call.world.transfers.values()].filter(
    transfer => transfer.sourceTransaction === charge.id,
  );
  return given.reduce((rest, { amount }) => rest - amount, charge.amountCaptured);
}

const insufficientFunds = (source: Charge | null, most: number) =>
  source
    ? badRequest(`Transfers using this transaction as a source must not exceed ${most}.`, { param: 'amount' })
    : badRequest('You have insufficient available funds in your Stripe account.', {
        code: 'balance_insufficient',
      });

function list(call: StripeCall) {
  const parameters = call.parameters('Transfers.list');
  const [destination, group] = [parameters.text('destination'), parameters.text('transfer_group')];
  const transfers = allOwn(call, call.world.transfers).filter(
    transfer =>
      transfer.destination === (destination ?? transfer.destination) &&
      transfer.transferGroup === (group ?? transfer.transferGroup),
  );
  return listOf(transfers, parameters, '/v1/transfers', transferWire);
}

const getTransfer = (call: StripeCall): Transfer =>
  findOwn(call, call.world.transfers, call.path['id']!, 'transfer', 'transfer');

function retrieve(call: StripeCall) {
  call.parameters('Transfers.retrieve');
  return transferWire(getTransfer(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('Transfers.update');
  const transfer = getTransfer(call);
  const before = transferWire(transfer);
  transfer.metadata = mergeMetadata(transfer.metadata, parameters.metadata());
  transfer.description = parameters.newText('description', transfer.description);
  writeUpdate(call, 'transfer.updated', before, transferWire(transfer));
  return transferWire(transfer);
}

function createReversal(call: StripeCall) {
  const parameters = call.parameters('Transfers.createReversal');
  const transfer = getTransfer(call);
  const rest = transfer.amount - transfer.amountReversed;
  const amount = parameters.integer('amount') ?? rest;
  if (rest === 0) throw badRequest(`Transfer ${transfer.id} is already fully reversed.`);
  if (amount > rest) {
    throw badRequest(`Reversal amount (${amount}) is greater than what is left of the transfer (${rest})`, {
      param: 'amount',
    });
  }
  const reversal = reverseTransfer(call, transfer, amount, {
    metadata: mergeMetadata({}, parameters.metadata()),
    sourceRefund: null,
    feeBack: 0,
  });
  writeEvent(call, 'transfer.reversed', transferWire(transfer));
  return reversalWire(transfer, reversal);
}

function listReversals(call: StripeCall) {
  const parameters = call.parameters('Transfers.listReversals');
  const transfer = getTransfer(call);
  return listOf(transfer.reversals, parameters, `/v1/transfers/${transfer.id}/reversals`, reversal =>
    reversalWire(transfer, reversal),
  );
}

function retrieveReversal(call: StripeCall) {
  call.parameters('Transfers.retrieveReversal');
  const transfer = getTransfer(call);
  const id = call.path['reversal']!;
  const reversal = transfer.reversals.find(candidate => candidate.id === id);
  if (!reversal) throw resourceMissing('transfer reversal', id, 'id');
  return reversalWire(transfer, reversal);
}
