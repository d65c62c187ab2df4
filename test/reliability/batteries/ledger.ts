/**
 * What must be true of the sandbox's own books, Stripe's and Flex's, whatever became of the service in between. Nothing of the
 * service's own tables is read here.
 */
import type { Sandbox } from '../../sandbox/sandbox.ts';

export type Counts = {
  doubleReleases: number;
  doubleCharges: number;
  doubleRefunds: number;
  doublePayouts: number;
  lostBookings: number;
  staleHolds: number;
  chargesWithoutBooking: number;
  unfinished: number;
};

export const noCounts = (): Counts => ({
  doubleReleases: 0,
  doubleCharges: 0,
  doubleRefunds: 0,
  doublePayouts: 0,
  lostBookings: 0,
  staleHolds: 0,
  chargesWithoutBooking: 0,
  unfinished: 0,
});

export type Breach = { kind: keyof Counts; what: string };

/** What the customers saw: the ids they were given by transaction, and those that they have paid in good time. */
export type Seen = { handedOut: Map<string, Set<string>>; paid: Set<string> };

const DEAD = ['state/payment-expired', 'state/declined', 'state/expired', 'state/cancelled'];
const EARNED = ['state/delivered', 'state/reviewed'];
const ON = ['state/fallback-accepted', ...EARNED];
/** States in which the service is to do something. */
const PASSING = ['state/fallback-capturing'];

export const transactionOf = ({ metadata }: { metadata: Record<string, string> }): string =>
  metadata['sharetribe-transaction-id'] ?? '';

/** Of those transactions. `isOver`: nothing is left to be done by anybody. */
export function breaches(
  sandbox: Sandbox,
  transactionIds: Iterable<string>,
  { handedOut, paid }: Seen,
  isOver: boolean,
): Breach[] {
  const stripe = sandbox.stripe();
  const found: Breach[] = [];
  for (const id of transactionIds) {
    const breach = (kind: keyof Counts, why: string) => found.push({ kind, what: `${id} ${state}: ${why}` });
    const { state } = sandbox.flex().transactions.get(id)!;
    const intents = [...stripe.paymentIntents.values()].filter(intent => transactionOf(intent) === id);
    const ids = new Set(intents.map(intent => intent.id));
    const refunds = [...stripe.refunds.values()].filter(refund => ids.has(refund.paymentIntent ?? ''));
    const caseIds = new Set(intents.map(({ metadata }) => metadata['payment-case'] ?? ''));
    const payouts = [...stripe.payouts.values()].filter(({ metadata }) =>
      caseIds.has((metadata['payment-op'] ?? ':').split(':')[0]!),
    );
    const taken = [...stripe.charges.values()].filter(
      ({ captured, paymentIntent }) => captured && ids.has(paymentIntent ?? ''),
    );
    const held = intents.filter(({ status }) => status === 'requires_capture');
    const kept = intents.filter(
      intent =>
        intent.amountReceived >
        refunds
          .filter(refund => refund.paymentIntent === intent.id)
          .reduce((sum, one) => sum + one.amount, 0),
    );

    if ((handedOut.get(id)?.size ?? 0) > 1)
      breach('doubleReleases', `handed out ${[...handedOut.get(id)!].join(', ')}`);
    if (taken.length > 1) breach('doubleCharges', `${taken.length} captures`);
    if (held.length + kept.length > 1) breach('doubleCharges', `${held.length} held, ${kept.length} taken`);
    if (refunds.length > 1) breach('doubleRefunds', `${refunds.length} refunds`);
    if (payouts.length > 1) breach('doublePayouts', `${payouts.length} payouts`);
    if (DEAD.includes(state)) {
      if (held.length > 0) breach('staleHolds', `${held.map(intent => intent.id).join(', ')} held`);
      if (kept.length > 0) breach('chargesWithoutBooking', `${kept.length} taken and not given back`);
      if (payouts.length > 0) breach('chargesWithoutBooking', 'the provider was paid');
    }
    if (ON.includes(state) && (kept.length !== 1 || held.length > 0))
      breach('lostBookings', `${kept.length} taken, ${held.length} held`);
    if (state === 'state/payment-expired' && paid.has(id)) breach('lostBookings', 'paid in time');
    if (state === 'state/fallback-preauthorized' && held.length !== 1)
      breach('lostBookings', `${held.length} held`);
    if (!isOver) continue;
    if (PASSING.includes(state)) breach('unfinished', 'it goes no further');
    if (EARNED.includes(state) && payouts.length !== 1 && intents.some(isOurs))
      breach('unfinished', 'the provider is not paid');
    const open = intents.filter(
      ({ status }) => status.startsWith('requires_') && status !== 'requires_capture',
    );
    if ([...DEAD, ...ON].includes(state) && open.some(isOurs)) breach('unfinished', 'it can still be paid');
  }
  return found;
}

const isOurs = ({ metadata }: { metadata: Record<string, string> }): boolean =>
  metadata['payment-case'] !== undefined;
