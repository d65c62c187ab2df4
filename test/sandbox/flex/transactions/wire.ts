import type { Resource } from '../document.ts';
import { BigDecimal, Keyword, Money, Uuid, type PlainObject } from '../values.ts';
import type { LineItem, Party, Transaction } from './entity.ts';

type Amount = { amount: number; currency: string };

const money = (amount: Amount | null) => amount && new Money(amount.amount, amount.currency);

const lineItemWire = (item: LineItem): PlainObject => ({
  code: new Keyword(item.code),
  unitPrice: money(item.unitPrice),
  lineTotal: money(item.lineTotal),
  ...(item.quantity !== undefined && { quantity: new BigDecimal(item.quantity) }),
  ...(item.percentage !== undefined && { percentage: new BigDecimal(item.percentage) }),
  ...(item.units !== undefined && { units: new BigDecimal(item.units) }),
  ...(item.seats !== undefined && { seats: item.seats }),
  includeFor: new Set(item.includeFor.map(party => new Keyword(party))),
  reversal: item.reversal,
});

/** The client secret is the customer's alone; the provider sees neither it nor the id, the operator by a switch. */
function protectedDataFor(transaction: Transaction, viewer: Party, operatorSees: boolean): PlainObject {
  const shown = transaction.payment?.shown;
  const sees = viewer === 'customer' || (viewer === 'operator' && operatorSees);
  return shown && sees
    ? { ...transaction.protectedData, stripePaymentIntents: shown }
    : transaction.protectedData;
}

export const transactionResource = (
  transaction: Transaction,
  viewer: Party,
  operatorSees = false,
): Resource => ({
  id: new Uuid(transaction.id),
  type: 'transaction',
  attributes: {
    createdAt: new Date(transaction.createdAt),
    processName: new Keyword(transaction.processName),
    processVersion: transaction.processVersion,
    lastTransition: new Keyword(transaction.lastTransition),
    lastTransitionedAt: new Date(transaction.lastTransitionedAt),
    state: new Keyword(transaction.state),
    transitions: transaction.transitions.map(entry => ({
      transition: new Keyword(entry.transition),
      createdAt: new Date(entry.createdAt),
      by: new Keyword(entry.by),
    })),
    payinTotal: money(transaction.payinTotal),
    payoutTotal: money(transaction.payoutTotal),
    lineItems: transaction.lineItems.map(lineItemWire),
    protectedData: protectedDataFor(transaction, viewer, operatorSees),
    metadata: transaction.metadata,
  },
});
