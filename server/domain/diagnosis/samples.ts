/** What rules are tested on: a booking in which all is well, and parts to make it ill with. */
import type { StripePaymentIntent } from '../genuineness.ts';
import type {
  CallEvidence,
  CheckEvidence,
  Evidence,
  FlexEvidence,
  ProcessEvidence,
  RefusalEvidence,
  StripeEvidence,
  TransactionEvidence,
} from './evidence.ts';

const ID = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3';

export const intent = (given: Partial<StripePaymentIntent> = {}): StripePaymentIntent => ({
  id: ID,
  amount: 15_750,
  currency: 'eur',
  livemode: false,
  status: 'requires_payment_method',
  captureMethod: 'manual',
  destination: 'acct_1QhWaB7WZ01zgkWS',
  onBehalfOf: 'acct_1QhWaB7WZ01zgkWS',
  applicationFeeAmount: 2_250,
  sharetribeTransactionId: '16c6a4b8-88ee-429b-835a-6725206cd08c',
  secretMatches: true,
  created: 1_790_000_000,
  amountReceived: 0,
  lastPaymentError: null,
  cancellationReason: null,
  ...given,
});

export const call: CallEvidence = {
  isSpeculative: false,
  processName: 'default-booking',
  transition: 'transition/request-payment',
};

export const check = (given: Partial<CheckEvidence> = {}): CheckEvidence => ({
  verdict: 'valid',
  reasons: [],
  path: 'protectedData.stripePaymentIntents.default',
  paymentIntentId: ID,
  ...given,
});

export const process = (given: Partial<ProcessEvidence> = {}): ProcessEvidence => ({
  known: true,
  creates: true,
  lacksCreation: false,
  mayShowEarlier: false,
  ...given,
});

export const transaction = (given: Partial<TransactionEvidence> = {}): TransactionEvidence => ({
  processName: 'default-booking',
  state: 'state/pending-payment',
  lastTransition: 'transition/request-payment',
  payinTotal: { amount: 15_750, currency: 'EUR' },
  payoutTotal: { amount: 13_500, currency: 'EUR' },
  created: true,
  confirmed: false,
  expired: false,
  refunded: false,
  overdue: false,
  ...given,
});

type Answered = Extract<StripeEvidence, { asked: 'answered' }>;

export const stripe = (given: Partial<Answered> = {}): Answered => ({
  asked: 'answered',
  intent: intent(),
  inOtherMode: false,
  genuineness: 'genuine',
  differing: [],
  complete: true,
  ...given,
});

export const refusal = (given: Partial<RefusalEvidence>): Evidence => ({
  call,
  refusal: {
    code: 'flex-refused',
    status: 409,
    flexCodes: [],
    stripeCode: null,
    stripeMessage: null,
    statusText: 'Conflict',
    ...given,
  },
});

/** Nothing at Stripe, and Flex named nothing. */
export const noneAtStripe: Answered = {
  asked: 'answered',
  inOtherMode: false,
  genuineness: 'unverified',
  differing: [],
  ofTransaction: [],
  complete: true,
};

export const flex = (given: Partial<TransactionEvidence> = {}): FlexEvidence => ({
  asked: 'answered',
  transaction: transaction(given),
});

export const healthy: Evidence = {
  call,
  check: check(),
  process: process(),
  flex: flex(),
  stripe: stripe({ ofTransaction: [intent()] }),
};
