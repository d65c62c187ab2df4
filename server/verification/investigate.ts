/** All that can be learnt of one booking, from a transaction's id or a PaymentIntent's: both sides, compared, and why. */
import { diagnose } from '../domain/diagnosis/diagnose.ts';
import type {
  CallEvidence,
  CheckEvidence,
  Evidence,
  FlexEvidence,
  StripeEvidence,
} from '../domain/diagnosis/evidence.ts';
import {
  creationTime,
  payoutTime,
  processEvidence,
  transactionEvidence,
} from '../domain/diagnosis/transaction-evidence.ts';
import { sentBack } from '../domain/diagnosis/provider-payouts.ts';
import { ProxyError } from '../domain/errors.ts';
import { compareWithStripe, type Genuineness, type StripePaymentIntent } from '../domain/genuineness.ts';
import { judgePaymentIntentId } from '../domain/payment-intent.ts';
import type { Processes } from '../domain/process.ts';
import { verdictOf, type FlexReport, type OwnRecord, type Report } from '../domain/report.ts';
import { check } from '../domain/verdict.ts';
import type { IntegrationDoor, OperatorTransaction } from '../flex/integration.ts';
import { digestOfSecret } from '../stripe/describe-intent.ts';
import type { Lookup, StripeDoor } from '../stripe/door.ts';
import { claimed } from './claimed.ts';
import { troubleWithStripe } from './self-test.ts';

export type InvestigationDeps = {
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  processes: Processes;
  /** The newest of a transaction's real calls, or else of its speculative ones; null when there is none. */
  ownRecord: (transactionId: string) => Promise<OwnRecord | null>;
  now: () => number;
};

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const subjectKind = (subject: string): 'transaction' | 'payment-intent' | null =>
  UUID.test(subject) ? 'transaction' : judgePaymentIntentId(subject).valid ? 'payment-intent' : null;

/** `subject` is of a kind that `subjectKind` knows. */
export async function investigate(
  deps: InvestigationDeps,
  subject: string,
  signal: AbortSignal,
): Promise<Report> {
  const named =
    subjectKind(subject) === 'payment-intent' ? await deps.stripe?.paymentIntent(subject) : undefined;
  const transactionId =
    subjectKind(subject) === 'transaction'
      ? subject.toLowerCase()
      : named?.outcome === 'found'
        ? named.value.sharetribeTransactionId
        : null;
  const own = transactionId === null ? null : await deps.ownRecord(transactionId);
  const seen = await fromFlex(deps, transactionId, signal);
  const providerAccount = await accountOf(deps, seen.transaction, signal);
  const checked = own?.check ?? checkOf(deps, seen.transaction);
  const call = own?.call ?? callOf(deps, seen.transaction);
  const stripe = await fromStripe(deps, {
    transactionId,
    transaction: seen.transaction,
    paymentIntentId: named ? subject : (checked?.paymentIntentId ?? null),
    secretDigest: secretDigestIn(seen.transaction),
    call,
    providerAccount,
    at: own?.at,
  });

  const flex: FlexEvidence | undefined =
    seen.asked === 'answered'
      ? {
          asked: 'answered',
          transaction: seen.transaction && {
            ...transactionEvidence(deps.processes, seen.transaction, deps.now()),
            ...(providerAccount !== undefined && { providerAccount }),
          },
        }
      : seen.asked === 'not-asked'
        ? undefined
        : { asked: seen.asked };
  const evidence: Evidence = {
    ...(call && { call, process: processEvidence(deps.processes, call.processName, call.transition) }),
    ...(checked && { check: checked }),
    ...(own?.refusal && { refusal: own.refusal }),
    ...(flex && { flex }),
    ...(stripe && { stripe: stripe.evidence }),
  };
  const diagnosis = diagnose(evidence);
  const { transaction } = seen;
  return {
    subject,
    verdict: verdictOf(diagnosis),
    genuineness: stripe?.evidence.asked === 'answered' ? stripe.evidence.genuineness : 'unverified',
    diagnosis,
    flex: {
      asked: seen.asked,
      transactionId,
      found: seen.asked === 'answered' ? transaction !== null : null,
      processName: transaction?.processName ?? call?.processName ?? null,
      processVersion: transaction?.processVersion ?? null,
      state: transaction?.state ?? null,
      lastTransition: transaction?.lastTransition ?? null,
      lastTransitionedAt: transaction?.lastTransitionedAt.toISOString() ?? null,
      createdAt: transaction?.createdAt.toISOString() ?? null,
      transitions: (transaction?.transitions ?? []).map(({ transition, by, at }) => ({
        transition,
        by,
        at: at.toISOString(),
      })),
      payinTotal: transaction?.payinTotal ?? null,
      payoutTotal: transaction?.payoutTotal ?? null,
      providerAccount: providerAccount ?? null,
      check: checked ?? null,
      refusal: own?.refusal ?? null,
    },
    stripe: {
      asked: stripe?.evidence.asked ?? 'not-asked',
      livemode: deps.stripe?.livemode ?? null,
      paymentIntents: stripe?.intents ?? [],
      differing: stripe?.evidence.asked === 'answered' ? stripe.evidence.differing : [],
      hints: stripe?.hints ?? [],
    },
  };
}

type Seen = { asked: FlexReport['asked']; transaction: OperatorTransaction | null };

async function fromFlex(
  { integration }: InvestigationDeps,
  transactionId: string | null,
  signal: AbortSignal,
): Promise<Seen> {
  if (!integration || transactionId === null) return { asked: 'not-asked', transaction: null };
  try {
    return { asked: 'answered', transaction: await integration.transaction(transactionId, signal) };
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    const isRefused = error.code === 'flex-credentials-refused';
    return { asked: isRefused ? 'credentials-refused' : 'unavailable', transaction: null };
  }
}

/** undefined when it can not be known. */
async function accountOf(
  { integration }: InvestigationDeps,
  transaction: OperatorTransaction | null,
  signal: AbortSignal,
): Promise<string | null | undefined> {
  if (!integration || !transaction?.providerId) return undefined;
  try {
    return await integration.providerAccount(transaction.providerId, signal);
  } catch (error) {
    if (error instanceof ProxyError) return undefined;
    throw error;
  }
}

/** The call that asked for the payment, as the transaction remembers it. */
function callOf(
  { processes }: InvestigationDeps,
  transaction: OperatorTransaction | null,
): CallEvidence | undefined {
  if (!transaction) return undefined;
  const { processName } = transaction;
  const creating = transaction.transitions.find(
    ({ transition }) => processes.get(processName)?.transitions.get(transition)?.createsPaymentIntent,
  );
  return {
    isSpeculative: false,
    processName,
    transition: creating?.transition ?? transaction.lastTransition,
  };
}

/** Flex need not show it to the operator: only what is there says something. */
function checkOf(
  deps: InvestigationDeps,
  transaction: OperatorTransaction | null,
): CheckEvidence | undefined {
  const call = callOf(deps, transaction);
  if (!call || !transaction?.paymentIntent) return undefined;
  const creation = processEvidence(deps.processes, call.processName, call.transition);
  return check({
    isSpeculative: false,
    creation: creation.known ? (creation.creates ? 'creates' : 'creates-none') : 'unknown',
    attributes: transaction.attributes,
  });
}

const secretDigestIn = (transaction: OperatorTransaction | null): string | undefined => {
  const secret = transaction?.paymentIntent?.clientSecret;
  return typeof secret === 'string' ? digestOfSecret(secret) : undefined;
};

type Question = {
  transactionId: string | null;
  transaction: OperatorTransaction | null;
  paymentIntentId: string | null;
  secretDigest: string | undefined;
  call: CallEvidence | undefined;
  providerAccount: string | null | undefined;
  at: Date | undefined;
};

type FromStripe = { evidence: StripeEvidence; intents: StripePaymentIntent[]; hints: string[] };

/** Flex's clock and Stripe's differ a little, and Flex may be late. */
const BEFORE_MS = 5 * 60_000;
const AFTER_MS = 15 * 60_000;
/** In which what came back has been paid out again, or nobody has looked after it. */
const PAYOUTS_MS = 90 * 86_400_000;

async function fromStripe(deps: InvestigationDeps, question: Question): Promise<FromStripe | undefined> {
  const { stripe } = deps;
  if (!stripe) return { evidence: { asked: 'no-key' }, intents: [], hints: [] };
  const trouble = await troubleWithStripe(stripe);
  if (trouble) return { evidence: { asked: trouble }, intents: [], hints: [] };

  const { transactionId, transaction, paymentIntentId, providerAccount } = question;
  const made = transaction && (creationTime(deps.processes, transaction) ?? transaction.createdAt);
  const at = (made ?? question.at)?.getTime();
  const paidOut = transaction && payoutTime(deps.processes, transaction)?.getTime();
  const [named, list, account, payouts] = await Promise.all([
    paymentIntentId === null ? undefined : stripe.paymentIntent(paymentIntentId, question.secretDigest),
    transactionId === null || at === undefined
      ? undefined
      : stripe.paymentIntentsOf(transactionId, { from: at - BEFORE_MS, to: at + AFTER_MS }),
    typeof providerAccount === 'string' ? stripe.connectedAccount(providerAccount) : undefined,
    typeof providerAccount === 'string' && typeof paidOut === 'number'
      ? stripe.payouts(providerAccount, { from: paidOut - BEFORE_MS, to: paidOut + PAYOUTS_MS })
      : undefined,
  ]);
  const failed = [named, list].find(lookup => lookup?.outcome === 'unknown');
  if (failed?.outcome === 'unknown') return { evidence: { asked: failed.trouble }, intents: [], hints: [] };

  const ofTransaction = valueOf(list)?.intents;
  const intent = named && (named.outcome === 'found' ? named.value : null);
  const [only, ...others] = ofTransaction ?? [];
  const compared = intent ?? (intent === undefined && others.length === 0 ? only : undefined);
  const comparison = compare(deps, stripe, question, intent === null ? null : compared);
  const hints =
    transactionId !== null && !compared ? (valueOf(await stripe.searchHint(transactionId)) ?? []) : [];
  const accountFacts = valueOf(account);
  const evidence: StripeEvidence = {
    asked: 'answered',
    ...(intent !== undefined && { intent }),
    inOtherMode: named?.outcome === 'absent' && named.inOtherMode,
    ...comparison,
    ...(ofTransaction && { ofTransaction }),
    complete: valueOf(list)?.isComplete ?? false,
    ...(accountFacts && { providerAccount: accountFacts }),
    ...(payouts?.outcome === 'found' && {
      sentBack: sentBack(payouts.value, transaction!.payoutTotal),
    }),
  };
  const all = [...(intent ? [intent] : []), ...(ofTransaction ?? []).filter(({ id }) => id !== intent?.id)];
  return { evidence, intents: all, hints };
}

const valueOf = <T>(lookup: Lookup<T> | undefined): T | undefined =>
  lookup?.outcome === 'found' ? lookup.value : undefined;

function compare(
  { processes }: InvestigationDeps,
  stripe: StripeDoor,
  { transactionId, transaction, call, providerAccount }: Question,
  actual: StripePaymentIntent | null | undefined,
): { genuineness: Genuineness; differing: string[] } {
  if (actual === null) return { genuineness: 'foreign', differing: [] };
  if (!actual || !transaction?.charged.payin || transactionId === null || !call)
    return { genuineness: 'unverified', differing: [] };
  return compareWithStripe(
    claimed(processes, {
      id: actual.id,
      transactionId,
      processName: call.processName,
      transition: call.transition,
      payinTotal: transaction.charged.payin,
      payoutTotal: transaction.charged.payout,
      livemode: stripe.livemode,
      destination: providerAccount,
    }),
    actual,
  );
}
