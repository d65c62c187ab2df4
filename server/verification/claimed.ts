/** What Stripe's PaymentIntent must say, from what Flex says of the transaction. */
import type { ClaimedPaymentIntent } from '../domain/genuineness.ts';
import type { Money } from '../domain/money.ts';
import type { Processes } from '../domain/process.ts';

type Said = {
  id: string;
  transactionId: string;
  processName: string;
  /** The transition that made it, where it is known. */
  transition: string | undefined;
  payinTotal: Money;
  payoutTotal: Money | null;
  livemode: boolean;
  destination: string | null | undefined;
};

const PUSH = 'action/stripe-create-payment-intent-push';

export function claimed(processes: Processes, said: Said): ClaimedPaymentIntent {
  const { id, transactionId, payinTotal, payoutTotal, livemode, destination } = said;
  const transition = processes.get(said.processName)?.transitions.get(said.transition ?? '');
  return {
    id,
    transactionId,
    amount: payinTotal.amount,
    currency: payinTotal.currency,
    livemode,
    ...(payoutTotal && { applicationFeeAmount: payinTotal.amount - payoutTotal.amount }),
    ...(transition?.createsPaymentIntent && {
      captureMethod: transition.actions.includes(PUSH) ? ('automatic' as const) : ('manual' as const),
    }),
    ...(typeof destination === 'string' && { destination }),
  };
}
