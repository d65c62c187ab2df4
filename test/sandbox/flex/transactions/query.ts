import type { ApiCall } from '../context.ts';
import { invalidValue } from '../errors.ts';
import { listParameter, pageParameters, timeParameter } from '../pages.ts';
import { readTransaction } from '../world.ts';
import type { Transaction } from './entity.ts';

/** What both APIs let a query ask for. */
export const queryParameters = [
  'states',
  'processNames',
  'lastTransitions',
  'listingId',
  'userId',
  'createdAtStart',
  'createdAtEnd',
  'bookingStart',
  'bookingEnd',
  'bookingStates',
  'stockReservationStates',
  'hasPayin',
  'hasBooking',
  'sort',
  ...pageParameters,
];

/** The transactions that a query finds, newest first unless it asks for another order. */
export function findTransactions(
  { world, query }: ApiCall,
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
  const isAsAsked = (name: string, actual: boolean) =>
    query(name) === undefined || query(name) === String(actual);
  return [...world.transactions.keys()]
    .map(id => readTransaction(world, id))
    .filter(transaction => transaction !== undefined)
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
        isAsAsked('hasBooking', transaction.bookingId !== null),
    )
    .toSorted(orderOf(query('sort') ?? '-createdAt'));
}

/** `createdAt`, `-lastTransitionedAt`, ... by the first key only. */
function orderOf(sort: string): (one: Transaction, other: Transaction) => number {
  const [first = ''] = sort.split(',');
  const name = first.replace(/^-/, '');
  if (name !== 'createdAt' && name !== 'lastTransitionedAt')
    throw invalidValue(['sort'], `can not sort by ${name}`, 'query');
  const sign = first.startsWith('-') ? -1 : 1;
  return (one, other) => sign * (one[name] - other[name]);
}
