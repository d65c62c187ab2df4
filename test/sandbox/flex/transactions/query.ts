import type { ApiCall } from '../context.ts';
import { invalidValue } from '../errors.ts';
import { flagParameter, listParameter, pageParameters, timeParameter } from '../pages.ts';
import type { FlexWorld } from '../world.ts';
import type { Transaction } from './entity.ts';

const flags = ['hasPayin', 'hasBooking', 'hasStockReservation', 'hasMessage'] as const;

/** What both APIs let a query ask for. */
export const queryParameters = [
  'states',
  'processNames',
  'lastTransitions',
  'listingId',
  'userId',
  'createdAtStart',
  'createdAtEnd',
  'bookingStates',
  'stockReservationStates',
  ...flags,
  'sort',
  ...pageParameters,
];

/** The transactions that a query finds, newest first unless it asks for another order. */
export function findTransactions(
  world: FlexWorld,
  query: ApiCall['query'],
  among: (transaction: Transaction) => boolean,
): Transaction[] {
  const wanted = {
    states: listParameter(query, 'states'),
    processNames: listParameter(query, 'processNames'),
    lastTransitions: listParameter(query, 'lastTransitions'),
    bookingStates: listParameter(query, 'bookingStates'),
    stockReservationStates: listParameter(query, 'stockReservationStates'),
    createdAtStart: timeParameter(query, 'createdAtStart') ?? -Infinity,
    createdAtEnd: timeParameter(query, 'createdAtEnd') ?? Infinity,
  };
  const [listingId, userId] = [query('listingId'), query('userId')];
  const isOneOf = (values: string[] | undefined, value: string | undefined) =>
    values === undefined || (value !== undefined && values.includes(value));
  const asked = Object.fromEntries(flags.map(name => [name, flagParameter(query, name)]));
  const isAsAsked = (name: (typeof flags)[number], actual: boolean) =>
    asked[name] === undefined || asked[name] === actual;
  return [...world.transactions.values()]
    .filter(
      transaction =>
        among(transaction) &&
        isOneOf(wanted.states, transaction.state) &&
        isOneOf(wanted.processNames, transaction.processName) &&
        isOneOf(wanted.lastTransitions, transaction.lastTransition) &&
        isOneOf(wanted.bookingStates, world.bookings.get(transaction.bookingId ?? '')?.state) &&
        isOneOf(
          wanted.stockReservationStates,
          world.stockReservations.get(transaction.stockReservationId ?? '')?.state,
        ) &&
        transaction.createdAt >= wanted.createdAtStart &&
        transaction.createdAt < wanted.createdAtEnd &&
        (listingId === undefined || transaction.listingId === listingId) &&
        (userId === undefined || transaction.customerId === userId || transaction.providerId === userId) &&
        isAsAsked('hasPayin', (transaction.payinTotal?.amount ?? 0) > 0) &&
        isAsAsked('hasBooking', transaction.bookingId !== null) &&
        isAsAsked('hasStockReservation', transaction.stockReservationId !== null) &&
        isAsAsked('hasMessage', false),
    )
    .toSorted(orderOf(world, query('sort') ?? 'createdAt'));
}

type Order = (one: Transaction, other: Transaction) => number;

/** `lastMessageAt,createdAt`: the latest first, with a minus before the name the earliest; what has no such time comes last. */
function orderOf(world: FlexWorld, sort: string): Order {
  const booking = (transaction: Transaction) => world.bookings.get(transaction.bookingId ?? '');
  const keys: Record<string, (transaction: Transaction) => number | undefined> = {
    createdAt: transaction => transaction.createdAt,
    lastTransitionedAt: transaction => transaction.lastTransitionedAt,
    bookingStart: transaction => booking(transaction)?.start,
    bookingEnd: transaction => booking(transaction)?.end,
    lastMessageAt: () => undefined,
  };
  const orders = sort.split(',').map((part): Order => {
    const name = part.replace(/^-/, '');
    const timeOf = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (!timeOf) throw invalidValue(['sort'], `can not sort by ${name}`, 'query');
    const sign = part.startsWith('-') ? 1 : -1;
    return (one, other) => {
      const [a, b] = [timeOf(one), timeOf(other)];
      if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
      return sign * (a - b);
    };
  });
  return (one, other) => orders.reduce((result, order) => result || order(one, other), 0);
}
