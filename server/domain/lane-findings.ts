/** Whether a process file has the whole fallback lane, and what is wrong with it, in words. */
import { entersLane, isLaneState, LANE, LANE_STATES, laneNameOf, leavesLane, type Lane } from './lane.ts';
import { phasesOf } from './lane-phases.ts';
import { expiryOf, heldAndKept, latestAfterEntering, LONGEST_HOLD_MS, reachable } from './payment-path.ts';
import { finding, type ProcessFinding } from './process-finding.ts';
import type { Process, Processes } from './process.ts';

const HOW = 'docs/fallback.md says how it is put into a process.';
const { unpaid, capturing } = LANE_STATES;

/** null unless the whole lane is there, and right. */
export function laneOf(process: Process): Lane | null {
  if (laneProblems(process).length > 0) return null;
  return {
    entries: new Map(normalEntries(process).map(({ name }) => [name, laneNameOf(name)])),
    captures: process.transitions.get(LANE.confirm)!.to === capturing ? 'when-confirmed' : 'when-accepted',
    paymentMs: expiryOf(process, unpaid)?.ms ?? null,
    phases: phasesOf(process).phases,
  };
}

/** One finding when it is whole, or one for each thing that is wrong. */
export function laneFindings(process: Process): ProcessFinding[] {
  const all = [...process.transitions.values()];
  const isThere = all.some(({ name, to }) => isLaneState(to) || NAMES.includes(name));
  if (!isThere)
    return !all.some(({ createsPaymentIntent }) => createsPaymentIntent)
      ? []
      : [finding('note', null, 'It has no fallback lane.', `The fallback can not carry its orders. ${HOW}`)];
  const problems = laneProblems(process);
  return problems.length > 0
    ? problems
    : [
        finding(
          'ok',
          null,
          'It has the whole fallback lane.',
          'Its orders can be carried on a PaymentIntent of our own. Of this file only: whether the alias points to such a version Flex says.',
        ),
      ];
}

/** What each process lacks for the fallback to carry its orders, in words; nothing where it has the whole lane. */
export const lanesIn = (processes: Processes): { process: string; wrong: string[] }[] =>
  [...processes.values()].map(process => ({ process: process.name, wrong: lackOf(process) }));

function lackOf(process: Process): string[] {
  const findings = laneFindings(process);
  if (findings.length === 0) return ['It takes no payment.'];
  return findings
    .filter(({ level }) => level !== 'ok')
    .map(({ transition, what }) => (transition === null ? what : `${transition}: ${what}`));
}

const NAMES: string[] = Object.values(LANE);

/** What a normal order begins its payment with, and a server makes. */
const normalEntries = ({ transitions }: Process) =>
  [...transitions.values()].filter(
    ({ createsPaymentIntent, privileged }) => createsPaymentIntent && privileged,
  );

function laneProblems(process: Process): ProcessFinding[] {
  const missing = missingIn(process);
  if (missing.length > 0) return missing;
  return [
    ...ways(process),
    ...entries(process),
    ...operators(process),
    ...outsiders(process),
    ...stripeActions(process),
    ...expiries(process),
    ...keeps(process),
    ...order(process),
    ...phasesOf(process).problems,
    ...deadEnds(process),
  ];
}

const wrong = (transition: string | null, what: string, why: string) =>
  finding('wrong', transition, what, why);

function missingIn(process: Process): ProcessFinding[] {
  const normal = normalEntries(process);
  if (normal.length === 0)
    return [
      wrong(
        null,
        'It has no privileged transition that creates a PaymentIntent.',
        'The lane stands beside such a one.',
      ),
    ];
  const made = NAMES.filter(name => name !== LANE.request && name !== LANE.requestAfterInquiry);
  return [...normal.map(({ name }) => laneNameOf(name)), ...made]
    .filter(name => !process.transitions.has(name))
    .map(name => wrong(name, 'It is missing in the fallback lane.', HOW));
}

/** Where each leads from; `back`: it ends the order and gives back what it held. */
const WAYS: { name: string; from: string; back?: true }[] = [
  { name: LANE.expirePayment, from: unpaid, back: true },
  { name: LANE.endPayment, from: unpaid, back: true },
  { name: LANE.confirm, from: unpaid },
  { name: LANE.captured, from: capturing },
  { name: LANE.captureFailed, from: capturing, back: true },
];

function ways(process: Process): ProcessFinding[] {
  const paying = normalEntries(process).map(({ to }) => to);
  const enter = process.transitions.get(LANE.enter)!;
  return [
    ...(paying.includes(String(enter.from)) && enter.to === unpaid
      ? []
      : [wrongWay(LANE.enter, `from ${paying[0]} to ${unpaid}`)]),
    ...WAYS.flatMap(({ name, from, back }) => {
      const transition = process.transitions.get(name)!;
      const left = leavesLane(transition);
      return [
        ...(transition.from === from ? [] : [wrongWay(name, `from ${from}`)]),
        ...(back && left !== 'given-back'
          ? [
              wrong(
                name,
                'It does not end the order and give back what it held.',
                'The money is given back then.',
              ),
            ]
          : []),
        ...(!back && left !== null
          ? [
              wrong(
                name,
                'It leaves the lane.',
                'Money is on its way by then, and only the lane looks after it.',
              ),
            ]
          : []),
      ];
    }),
  ];
}

const wrongWay = (name: string, where: string) =>
  wrong(name, `It should lead ${where}.`, 'A case that is in another state could not go on.');

/** Who gives back the money gives back the dates or the stock. */
function keeps(process: Process): ProcessFinding[] {
  const entering = normalEntries(process).map(({ name }) => process.transitions.get(laneNameOf(name))!);
  const ending = [...process.transitions.values()].filter(
    transition => leavesLane(transition) === 'given-back',
  );
  return ending.flatMap(transition =>
    [...new Set(entering.flatMap(entry => heldAndKept(entry, transition)))].map(taken =>
      wrong(
        transition.name,
        `It does not give back what ${taken.replace(/^action\//, '')} took.`,
        'The dates or the stock stay taken after the order has ended.',
      ),
    ),
  );
}

/** What is accepted or earned has been paid first. */
function order(process: Process): ProcessFinding[] {
  const { phases } = phasesOf(process);
  const tooEarly = [...process.transitions.values()].filter(
    transition => leavesLane(transition) === 'earned' && phases.get(transition.from ?? '') !== 'captured',
  );
  return [
    ...([...phases.values()].includes('capturing')
      ? []
      : [wrong(null, `Nothing leads to ${capturing}.`, 'The money would be held, and never taken.')]),
    ...tooEarly.map(({ name }) =>
      wrong(
        name,
        'It goes on as if the money had been taken.',
        `It is taken in ${capturing}, and not before.`,
      ),
    ),
  ];
}

/** The lane's entries are the normal ones without Stripe's actions. */
const entries = (process: Process): ProcessFinding[] =>
  normalEntries(process).flatMap(normal => {
    const name = laneNameOf(normal.name);
    const entry = process.transitions.get(name)!;
    const expected = normal.actions.filter(action => !isStripes(action)).join(', ');
    return [
      ...(entry.privileged
        ? []
        : [
            wrong(
              name,
              'It begins a payment of our own and is not privileged.',
              'Anybody signed in could hold dates or stock with it and never pay: add :privileged? true.',
            ),
          ]),
      ...(entry.actor === normal.actor
        ? []
        : [wrong(name, `Its actor is not that of ${normal.name}.`, 'It is made in its place.')]),
      ...(entry.from === normal.from && entry.to === unpaid
        ? []
        : [
            wrong(
              name,
              `It should lead from ${normal.from ?? 'the beginning'} to ${unpaid}.`,
              `It is made in the place of ${normal.name}.`,
            ),
          ]),
      ...(entry.actions.filter(action => !isStripes(action)).join(', ') === expected
        ? []
        : [
            wrong(
              name,
              `Its actions are not those of ${normal.name} without Stripe's: ${expected}.`,
              'The order would have another price, or hold something else.',
            ),
          ]),
    ];
  });

const MADE_BY_US = [LANE.enter, LANE.endPayment, LANE.confirm, LANE.captured, LANE.captureFailed];

/** What says that money moved is said by nobody but us. */
const operators = ({ transitions }: Process): ProcessFinding[] =>
  MADE_BY_US.map(name => transitions.get(name)!)
    .filter(({ actor }) => actor !== 'operator')
    .map(({ name }) =>
      wrong(
        name,
        "It is not the operator's.",
        'Whoever may make it could say that money moved when it did not.',
      ),
    );

/** Nobody else leaves the states in which only Stripe knows what is true. */
const outsiders = ({ transitions }: Process): ProcessFinding[] =>
  [...transitions.values()]
    .filter(({ from, actor, name }) =>
      from === unpaid
        ? actor !== 'operator' && name !== LANE.expirePayment
        : from === capturing && actor !== 'operator',
    )
    .map(({ name, from }) =>
      wrong(
        name,
        `It leaves ${from}, and is not the operator's.`,
        'Whether there is money is known at Stripe only: the order would go on, or end, without that.',
      ),
    );

const isStripes = (action: string) => action.startsWith('action/stripe-');

const stripeActions = (process: Process): ProcessFinding[] => {
  const onward = reachable(process, [unpaid], () => false).transitions;
  const entering = [...process.transitions.values()].filter(entersLane);
  return [...entering, ...onward]
    .filter(({ actions }) => actions.some(isStripes))
    .map(({ name, actions }) =>
      wrong(
        name,
        `It has ${actions.filter(isStripes).join(', ')}, and the lane leads through it.`,
        'Flex knows nothing of a PaymentIntent of ours: it would refuse the transition, or make another one.',
      ),
    );
};

/** As long as in the normal way: to pay, and to be accepted. */
function expiries(process: Process): ProcessFinding[] {
  const [normal] = normalEntries(process);
  const expected = expiryOf(process, normal!.to)?.ms ?? null;
  const expiry = process.transitions.get(LANE.expirePayment)!;
  const isSame = expiry.at !== null && latestAfterEntering(expiry.at, unpaid) === expected;
  const authorised = [...phasesOf(process).phases]
    .filter(([, phase]) => phase === 'authorised')
    .map(([state]) => state);
  return [
    ...(isSame
      ? []
      : [
          wrong(
            LANE.expirePayment,
            'The payment does not run out after the same time as in the normal way.',
            'Deadlines of a case are counted from it.',
          ),
        ]),
    ...authorised
      .filter(state => !endsBeforeHold(process, state))
      .map(state =>
        wrong(
          null,
          `Nothing ends ${state} before the hold on the card runs out.`,
          'Holds last seven days; accepted later, the capture fails.',
        ),
      ),
  ];
}

const endsBeforeHold = ({ transitions }: Process, state: string) =>
  [...transitions.values()].some(
    transition =>
      transition.from === state &&
      transition.at !== null &&
      leavesLane(transition) === 'given-back' &&
      (latestAfterEntering(transition.at, state) ?? Infinity) < LONGEST_HOLD_MS,
  );

/** From every state of the lane a final one can be reached. */
function deadEnds(process: Process): ProcessFinding[] {
  const all = [...process.transitions.values()];
  const isFinal = (state: string | null) => !all.some(({ from }) => from === state);
  return [...phasesOf(process).phases.keys()].flatMap(state => {
    const { states } = reachable(process, [state], () => false);
    return [...states].some(reached => isFinal(reached) && !isLaneState(reached))
      ? []
      : [wrong(null, `From ${state} no way leads to an end.`, 'Orders would stay there for ever.')];
  });
}
