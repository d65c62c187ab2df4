import { conflict } from '../../errors.ts';
import { mergeExtendedData } from '../../extended-data.ts';
import { isPlainObject } from '../../values.ts';
import { param, type ActionRun } from './context.ts';

const merge =
  (name: 'protectedData' | 'metadata'): ActionRun =>
  ({ transaction, params }) => {
    transaction[name] = mergeExtendedData(transaction[name], param.object(params, name) ?? {}, [
      'params',
      name,
    ]);
  };

export const updateProtectedData = merge('protectedData');
export const updateMetadata = merge('metadata');

/** Copies a party's protected data into the transaction: all of it, or the mapped keys under their new names. */
export const revealProtectedData =
  (party: 'customer' | 'provider'): ActionRun =>
  ({ world, transaction, config }) => {
    const user = world.users.get(party === 'customer' ? transaction.customerId : transaction.providerId)!;
    const mapping = config['key-mapping'];
    const revealed = isPlainObject(mapping)
      ? Object.fromEntries(
          Object.entries(mapping)
            .filter(([key]) => user.protectedData[key] !== undefined)
            .map(([key, name]) => [String(name), user.protectedData[key]]),
        )
      : user.protectedData;
    transaction.protectedData = mergeExtendedData(transaction.protectedData, revealed, ['protectedData']);
  };

/** The sandbox's listings have no files to reveal. */
export const revealListingFiles: ActionRun = () => undefined;

/** For testing a process: it never lets a transition through. */
export const fail: ActionRun = () => {
  throw conflict('transaction-invalid-action-sequence', 'The action fail always fails');
};
