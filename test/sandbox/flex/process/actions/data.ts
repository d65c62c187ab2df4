import { conflict } from '../../errors.ts';
import { mergeExtendedData } from '../../values.ts';
import { param, type ActionRun } from './context.ts';

export const updateProtectedData: ActionRun = ({ transaction, params }) => {
  transaction.protectedData = mergeExtendedData(
    transaction.protectedData,
    param.object(params, 'protectedData') ?? {},
  );
};

export const updateMetadata: ActionRun = ({ transaction, params }) => {
  transaction.metadata = mergeExtendedData(transaction.metadata, param.object(params, 'metadata') ?? {});
};

/** For testing a process: it never lets a transition through. */
export const fail: ActionRun = () => {
  throw conflict('transaction-invalid-action-sequence', 'The action fail always fails');
};
