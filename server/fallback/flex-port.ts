/** The booking as the fallback sees it, through the Integration API and the process's own file. */
import type { Move } from '../domain/fallback/case.ts';
import { NOTE_KEY, type FlexEvidence, type FlexNote, type Phase } from '../domain/fallback/evidence.ts';
import { LANE, LANE_STATES, type Lane, type LanePhase } from '../domain/lane.ts';
import { laneOf } from '../domain/lane-findings.ts';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import { expiryOf } from '../domain/payment-path.ts';
import type { Process, Processes } from '../domain/process.ts';
import type { IntegrationDoor, OperatorTransaction } from '../flex/integration.ts';
import type { FlexPort, MoveAnswer } from './ports.ts';

export type Lanes = ReadonlyMap<string, { process: Process; lane: Lane }>;

/** Of the processes whose file has the whole lane, and an end of waiting for the customer. */
export const lanesOf = (processes: Processes): Lanes =>
  new Map(
    [...processes.values()].flatMap(process => {
      const lane = laneOf(process);
      return lane === null || lane.paymentMs === null ? [] : [[process.name, { process, lane }] as const];
    }),
  );

/** Flex answers in less, or not at all. */
const ANSWER_MS = 8_000;
const signal = () => AbortSignal.timeout(ANSWER_MS);

const MOVES: Record<Move, string> = {
  enter: LANE.enter,
  advance: LANE.confirm,
  end: LANE.endPayment,
  captured: LANE.captured,
  'capture-failed': LANE.captureFailed,
};

export function createFlexPort(
  integration: Pick<
    IntegrationDoor,
    'transaction' | 'transition' | 'transitionSpeculative' | 'updateMetadata'
  >,
  lanes: Lanes,
): FlexPort {
  return {
    async read(transactionId) {
      try {
        const transaction = await integration.transaction(transactionId, signal());
        return transaction && evidenceOf(lanes, transaction);
      } catch (error) {
        if (error instanceof ProxyError) return 'away';
        throw error;
      }
    },
    tryMove: (transactionId, _process, move) =>
      answerOf(integration.transitionSpeculative(transactionId, MOVES[move], signal())),
    move: (transactionId, _process, move) =>
      answerOf(integration.transition(transactionId, MOVES[move], signal())),
    writeNote: (transactionId, note) =>
      answerOf(integration.updateMetadata(transactionId, { [NOTE_KEY]: note }, signal())),
  };
}

/** What a conflict is about, only a look can tell: our own lost success may be the reason for it. */
async function answerOf(work: Promise<void>): Promise<MoveAnswer> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    if (error.outcome === 'unknown') return 'unknown';
    if (error.code !== 'flex-refused') return 'not-now';
    if (error.status === 409) return 'conflict';
    // Nor is 404 a refusal: right after it was begun, a transaction may not be found everywhere.
    return [400, 403].includes(error.status) ? 'refused' : 'not-now';
  }
}

const PHASES: Record<LanePhase, Phase> = {
  unpaid: 'awaiting',
  authorised: 'confirmed',
  capturing: 'capturing',
  captured: 'accepted',
  earned: 'delivered',
  'given-back': 'dead',
};

export function evidenceOf(lanes: Lanes, transaction: OperatorTransaction): FlexEvidence {
  const known = lanes.get(transaction.processName);
  const phase = known ? phaseOf(known, transaction) : 'unknown';
  const metadata = ownValue(transaction.attributes, 'metadata');
  return {
    phase,
    transitions: transaction.transitions.length,
    ...waitOf(known, phase, transaction),
    note: noteIn(ownValue(metadata, NOTE_KEY)),
  };
}

function phaseOf(
  { process, lane }: { process: Process; lane: Lane },
  transaction: OperatorTransaction,
): Phase {
  const { state, transitions } = transaction;
  const hasEntered = transitions.some(
    ({ transition }) => process.transitions.get(transition)?.to === LANE_STATES.unpaid,
  );
  if (hasEntered) {
    const phase = lane.phases.get(state);
    return phase === undefined ? 'unknown' : PHASES[phase];
  }
  // From there, and from nowhere else, it can be moved into the lane.
  return process.transitions.get(LANE.enter)?.from === state ? 'before-lane' : 'elsewhere';
}

function waitOf(
  known: { process: Process; lane: Lane } | undefined,
  phase: Phase,
  { state, transitions, lastTransitionedAt }: OperatorTransaction,
): Pick<FlexEvidence, 'deadline' | 'periodMs'> {
  const periodMs =
    phase === 'awaiting'
      ? known!.lane.paymentMs
      : phase === 'before-lane'
        ? (expiryOf(known!.process, state)?.ms ?? null)
        : null;
  if (periodMs === null) return { deadline: null, periodMs: null };
  const entered = transitions.find(
    ({ transition }) => known!.process.transitions.get(transition)?.to === state,
  );
  return { deadline: (entered?.at ?? lastTransitionedAt).getTime() + periodMs, periodMs };
}

function noteIn(value: unknown): FlexNote | null {
  const text = (name: string) => {
    const found = ownValue(value, name);
    return typeof found === 'string' ? found : null;
  };
  const [id, note, status] = [text('stripePaymentIntentId'), text('case'), text('status')];
  const generation = ownValue(value, 'generation');
  return id === null || note === null || status === null
    ? null
    : {
        stripePaymentIntentId: id,
        case: note,
        status,
        generation: typeof generation === 'number' ? generation : 0,
      };
}
