import { accountWire } from './accounts/wire.ts';
import { applicationFeeWire, balanceTransactionWire, transferWire } from './balance/wire.ts';
import { chargeWire } from './charges/wire.ts';
import { customerWire } from './customers/wire.ts';
import { badRequest } from './errors.ts';
import { paymentIntentWire } from './payment-intents/wire.ts';
import { paymentMethodWire } from './payment-methods/wire.ts';
import type { WireObject } from './shapes.ts';
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

const charge = mapped(world => world.charges, chargeWire);
const paymentIntent = mapped(world => world.paymentIntents, paymentIntentWire);
const paymentMethod = mapped(world => world.paymentMethods, paymentMethodWire);
const customer = mapped(world => world.customers, customerWire);
const account = mapped(world => world.accounts, accountWire);
const transfer = mapped(world => world.transfers, transferWire);
const applicationFee = mapped(world => world.applicationFees, applicationFeeWire);
const balanceTransaction = mapped(
  world => world.balanceTransactions,
  (entry, world) => balanceTransactionWire(entry, seconds(world)),
);

/** Which fields of which object hold an id that can be opened. */
const expandable: Record<string, Record<string, Load>> = {
  payment_intent: {
    customer,
    latest_charge: charge,
    payment_method: paymentMethod,
    on_behalf_of: account,
    'transfer_data.destination': account,
  },
  charge: {
    customer,
    payment_intent: paymentIntent,
    payment_method: paymentMethod,
    balance_transaction: balanceTransaction,
    application_fee: applicationFee,
    source_transfer: transfer,
    transfer,
    on_behalf_of: account,
  },
  refund: { charge, payment_intent: paymentIntent, balance_transaction: balanceTransaction },
  setup_intent: { customer, payment_method: paymentMethod },
  payment_method: { customer },
  transfer: {
    balance_transaction: balanceTransaction,
    destination: account,
    destination_payment: charge,
    source_transaction: charge,
  },
  application_fee: { account, charge, balance_transaction: balanceTransaction },
  payout: { balance_transaction: balanceTransaction },
};

const DEEPEST = 4;

/** Opens the ids that `expand[]` names, in place. */
export function expandAll(world: StripeWorld, object: WireObject, paths: string[]): void {
  for (const path of paths) {
    const segments = path.split('.');
    if (segments.length > DEEPEST) throw cannotExpand(path);
    expandPath(world, object, segments, path);
  }
}

function expandPath(world: StripeWorld, object: WireObject, segments: string[], whole: string): void {
  if (object['object'] === 'list' || object['object'] === 'search_result') {
    if (segments[0] !== 'data') throw cannotExpand(whole);
    for (const item of object['data'] as WireObject[]) expandPath(world, item, segments.slice(1), whole);
    return;
  }
  const fields = expandable[String(object['object'])] ?? {};
  const name = [segments.slice(0, 2).join('.'), segments[0] as string].find(candidate => fields[candidate]);
  if (!name) throw cannotExpand(whole);
  const holder = name.includes('.') ? (object[segments[0] as string] as WireObject | null) : object;
  const field = name.split('.').at(-1) as string;
  const rest = segments.slice(name.split('.').length);
  if (!holder || holder[field] === null || holder[field] === undefined) return;
  if (typeof holder[field] === 'string') holder[field] = fields[name]!(world, holder[field]) ?? holder[field];
  if (rest.length > 0) expandPath(world, holder[field] as WireObject, rest, whole);
}

const cannotExpand = (path: string) =>
  badRequest(`This property cannot be expanded (${path}). You may want to try expanding a parent.`, {
    param: 'expand',
  });
