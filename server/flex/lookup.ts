/** Finding transactions of the caller's: what became of a call whose answer was lost, and what is not over yet. */
import { ownValue } from '../domain/own-value.ts';
import { unreadable } from './errors.ts';
import { idOf } from './transit.ts';

export type OwnTransactionQuery = {
  listingId?: string;
  processName?: string;
  states?: string[];
  /** The most that are of interest. */
  perPage: number;
};

export type OwnTransaction = { id: string; protectedData: unknown };

/** Without an order of its own Flex gives the newest first. */
export const ownTransactionsQuery = ({ processName, ...query }: OwnTransactionQuery) => ({
  ...query,
  processNames: processName,
});

export function ownTransactionsIn(document: unknown): OwnTransaction[] {
  const found = ownValue(document, 'data');
  if (!Array.isArray(found)) throw unreadable('query', 'something else than transactions');
  return (found as unknown[]).map(transaction => {
    const id = idOf(ownValue(transaction, 'id'));
    if (id === undefined) throw unreadable('query', 'a transaction without an id');
    return { id, protectedData: ownValue(ownValue(transaction, 'attributes'), 'protectedData') };
  });
}
