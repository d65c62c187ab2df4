/** `expand[]`: opens ids into the objects they stand for. Its paths are checked before an endpoint does anything. */
import { accountWire } from './accounts/wire.ts';
import { isConnected } from './accounts/rules.ts';
import { applicationFeeWire } from './application-fees/wire.ts';
import { balanceTransactionWire } from './balance/wire.ts';
import { chargeWire } from './charges/wire.ts';
import type { StripeRoute } from './context.ts';
import { customerWire } from './customers/wire.ts';
import { disputeWire } from './disputes/wire.ts';
import { badRequest } from './errors.ts';
import { paymentIntentWire } from './payment-intents/wire.ts';
import { paymentMethodWire } from './payment-methods/wire.ts';
import { payoutWire } from './payouts/wire.ts';
import { refundWire } from './refunds/wire.ts';
import type { WireObject } from './shapes.ts';
import { reversalWire, transferWire } from './transfers/wire.ts';
import { seconds, type StripeWorld } from './world.ts';

type Load = (world: StripeWorld, id: string) => WireObject | undefined;

const mapped =
  <T>(
    collection: (world: StripeWorld) => Map<string, T>,
    wire: (entity: T, world: StripeWorld) => WireObject,
  ): Load =>
  (world, id) => {
    const entity = collection(world).get(id);
    return entity && wire(entity, world);
  };

/** How an object of that kind is found by its id. */
const loads: Record<string, Load> = {
  account: mapped(
    world => world.accounts,
    (account, world) => accountWire(account, isConnected(world, account.id)),
  ),
  application_fee: mapped(world => world.applicationFees, applicationFeeWire),
  balance_transaction: mapped(
    world => world.balanceTransactions,
    (entry, world) => balanceTransactionWire(entry, seconds(world)),
  ),
  charge: mapped(world => world.charges, chargeWire),
  customer: mapped(world => world.customers, customerWire),
  dispute: mapped(world => world.disputes, disputeWire),
  payment_intent: mapped(world => world.paymentIntents, paymentIntentWire),
  payment_method: mapped(world => world.paymentMethods, paymentMethodWire),
  payout: mapped(world => world.payouts, payoutWire),
  refund: mapped(world => world.refunds, refundWire),
  transfer: mapped(world => world.transfers, transferWire),
  transfer_reversal: (world, id) => {
    const transfer = [...world.transfers.values()].find(({ reversals }) =>
      reversals.some(reversal => reversal.id === id),
    );
    return (
      transfer &&
      reversalWire(
        transfer,
        transfer.reversals.find(reversal => reversal.id === id)!,
      )
    );
  },
};

/** Whatever moved money. */
const SOURCE = 'source';
const sources = ['charge', 'refund', 'transfer', 'transfer_reversal', 'application_fee', 'payout', 'dispute'];
loads[SOURCE] = (world, id) => sources.map(kind => loads[kind]!(world, id)).find(Boolean);

/** A list that is left out unless it is asked for. */
const REFUNDS = 'refunds';

/** Which fields of which kind of object can be opened, and what is behind them. */
const expandable: Record<string, Record<string, string>> = {
  account: {},
  application_fee: {
    account: 'account',
    balance_transaction: 'balance_transaction',
    charge: 'charge',
    originating_transaction: 'charge',
  },
  balance_transaction: { source: SOURCE },
  charge: {
    application_fee: 'application_fee',
    balance_transaction: 'balance_transaction',
    customer: 'customer',
    on_behalf_of: 'account',
    payment_intent: 'payment_intent',
    refunds: REFUNDS,
    source_transfer: 'transfer',
    transfer: 'transfer',
    'transfer_data.destination': 'account',
  },
  customer: { 'invoice_settings.default_payment_method': 'payment_method' },
  dispute: { charge: 'charge', payment_intent: 'payment_intent' },
  payment_intent: {
    customer: 'customer',
    latest_charge: 'charge',
    on_behalf_of: 'account',
    payment_method: 'payment_method',
    'transfer_data.destination': 'account',
  },
  payment_method: { customer: 'customer' },
  payout: { balance_transaction: 'balance_transaction', failure_balance_transaction: 'balance_transaction' },
  refund: {
    balance_transaction: 'balance_transaction',
    charge: 'charge',
    failure_balance_transaction: 'balance_transaction',
    payment_intent: 'payment_intent',
    transfer_reversal: 'transfer_reversal',
  },
  setup_intent: { customer: 'customer', payment_method: 'payment_method' },
  transfer: {
    balance_transaction: 'balance_transaction',
    destination: 'account',
    destination_payment: 'charge',
    source_transaction: 'charge',
  },
  transfer_reversal: {
    balance_transaction: 'balance_transaction',
    source_refund: 'refund',
    transfer: 'transfer',
  },
};

const DEEPEST = 4;

/** What a route answers with, by its path: `/v1/transfers/:id/reversals` with transfer reversals. */
function answerOf(route: StripeRoute): { kind: string; isList: boolean } {
  const segments = route.path.split('/').slice(2);
  const collections = segments.filter(segment => Object.hasOwn(kindOfCollection, segment));
  const isList = route.method === 'GET' && !segments.at(-1)!.startsWith(':');
  return { kind: kindOfCollection[collections.at(-1) ?? ''] ?? '', isList };
}

const kindOfCollection: Record<string, string> = {
  ...Object.fromEntries(Object.keys(expandable).map(kind => [`${kind}s`, kind])),
  reversals: 'transfer_reversal',
};

export function checkExpand(route: StripeRoute, paths: string[]): void {
  const { kind, isList } = answerOf(route);
  for (const path of paths) {
    const segments = path.split('.');
    if (segments.length > DEEPEST || (isList && segments.shift() !== 'data')) throw cannotExpand(path);
    checkPath(kind, segments, path);
  }
}

/** The resources that the paths open, for the permission to read them. The paths were checked before. */
export function openedBy(route: StripeRoute, paths: string[]): string[] {
  const { kind, isList } = answerOf(route);
  return paths.flatMap(path => kindsAlong(kind, path.split('.').slice(isList ? 1 : 0)));
}

function kindsAlong(kind: string, segments: string[]): string[] {
  const step = segments.length > 0 ? stepInto(kind, segments) : undefined;
  return step ? [...resourcesOf(step.kind), ...kindsAlong(step.kind, step.rest)] : [];
}

/** What moved money may be anything: it is read with the permission for the entry in the books. */
function resourcesOf(kind: string): string[] {
  if (kind === SOURCE) return [];
  if (kind === REFUNDS) return [REFUNDS];
  return [kind === 'transfer_reversal' ? 'transfers' : `${kind}s`];
}

function checkPath(kind: string, segments: string[], whole: string): void {
  const step = stepInto(kind, segments);
  if (!step) throw cannotExpand(whole);
  if (step.rest.length > 0) checkPath(step.kind, step.rest, whole);
}

/** The field that a path opens first, which may be one level down. */
function stepInto(
  kind: string,
  segments: string[],
): { holder: string[]; field: string; kind: string; rest: string[] } | undefined {
  const fields = expandable[kind] ?? {};
  for (const length of [2, 1]) {
    const opened = fields[segments.slice(0, length).join('.')];
    if (opened !== undefined && segments.length >= length) {
      return {
        holder: segments.slice(0, length - 1),
        field: segments[length - 1]!,
        kind: opened,
        rest: segments.slice(length),
      };
    }
  }
  return undefined;
}

/** Opens what the paths name, in place. They were checked before. */
export function expandAll(world: StripeWorld, object: WireObject, route: StripeRoute, paths: string[]): void {
  const { kind, isList } = answerOf(route);
  for (const path of paths) {
    const segments = path.split('.');
    if (!isList) expandPath(world, object, kind, segments);
    else for (const item of object['data'] as WireObject[]) expandPath(world, item, kind, segments.slice(1));
  }
}

function expandPath(world: StripeWorld, object: WireObject, kind: string, segments: string[]): void {
  const step = stepInto(kind, segments)!;
  const holder = step.holder.reduce<WireObject | null>(
    (at, name) => (at?.[name] ?? null) as WireObject | null,
    object,
  );
  if (!holder) return;
  if (step.kind === REFUNDS) {
    holder[step.field] = refundsOf(world, String(object['id']));
    return;
  }
  const id = holder[step.field];
  if (typeof id === 'string') holder[step.field] = loads[step.kind]!(world, id) ?? id;
  const opened = holder[step.field];
  if (step.rest.length > 0 && typeof opened === 'object' && opened !== null)
    expandPath(world, opened as WireObject, step.kind, step.rest);
}

const refundsOf = (world: StripeWorld, charge: string): WireObject => ({
  object: 'list',
  data: [...world.refunds.values()]
    .filter(refund => refund.charge === charge)
    .toReversed()
    .map(refundWire),
  has_more: false,
  url: `/v1/charges/${charge}/refunds`,
});

const cannotExpand = (path: string) => {
  const refusal = badRequest(
    `This property cannot be expanded (${path}). You may want to try expanding a parent.`,
    { param: 'expand' },
  );
  refusal.beforeExecution = true;
  return refusal;
};
