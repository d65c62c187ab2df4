/** What a process does to a payment, what breaks in it, and why. */
import {
  CAPTURES,
  confirmsPayment,
  expiryOf,
  heldAndKept,
  isExpiry,
  latestAfterEntering,
  LONGEST_HOLD_MS,
  periodsIn,
  reachable,
  withoutCreation,
} from './payment-path.ts';
import { finding, type ProcessFinding } from './process-finding.ts';
import type { Process, ProcessTransition } from './process.ts';

const SETS_PRICE = 'action/privileged-set-line-items';
const PUSH = 'action/stripe-create-payment-intent-push';
const REFUNDS = 'action/stripe-refund-payment';
const PAYS_OUT = 'action/stripe-create-payout';

export function processFindings(process: Process): ProcessFinding[] {
  const all = [...process.transitions.values()];
  const creators = all.filter(({ createsPaymentIntent }) => createsPaymentIntent);
  const broken = withoutCreation(process).map(({ name }) =>
    finding(
      'wrong',
      name,
      'It works on a payment that nothing before it creates.',
      'Whoever comes here is refused: transaction-invalid-action-sequence. Add stripe-create-payment-intent to the transition that requests the payment.',
    ),
  );
  if (creators.length === 0 && broken.length === 0)
    return [
      finding(
        'note',
        null,
        'It takes no payment.',
        'No transition creates a PaymentIntent, and none works on one.',
      ),
    ];
  return [...broken, ...creators.flatMap(creator => findingsOf(process, creator))];
}

function findingsOf(process: Process, creator: ProcessTransition): ProcessFinding[] {
  const onward = reachable(process, [creator.to], () => false).transitions;
  const has = (action: string) => onward.some(({ actions }) => actions.includes(action));
  const isPush = creator.actions.includes(PUSH);
  return [
    privilege(creator),
    ...order(creator),
    ...expiry(process, creator),
    onward.some(confirmsPayment)
      ? finding(
          'ok',
          creator.name,
          `Confirmed by ${nameOf(onward.find(confirmsPayment))}.`,
          'Flex checks there that the customer has paid.',
        )
      : finding(
          'wrong',
          creator.name,
          'Nothing confirms the payment.',
          'The customer pays, and the transaction never learns of it. Add a transition with stripe-confirm-payment-intent.',
        ),
    ...(isPush
      ? []
      : [
          has(CAPTURES)
            ? finding(
                'ok',
                creator.name,
                `Captured by ${namesWith(onward, CAPTURES)}.`,
                'Until then the money is held on the card.',
              )
            : finding(
                'wrong',
                creator.name,
                'Nothing captures the payment.',
                'The hold on the card runs out after seven days, and nobody is paid.',
              ),
        ]),
    has(REFUNDS)
      ? finding(
          'ok',
          creator.name,
          `Given back by ${namesWith(onward, REFUNDS)}.`,
          'Cancelled before it is captured, refunded in full afterwards.',
        )
      : finding(
          'wrong',
          creator.name,
          'Nothing gives the money back.',
          'A booking that does not come about keeps the hold on the card.',
        ),
    has(PAYS_OUT)
      ? finding(
          'ok',
          creator.name,
          `Paid out by ${namesWith(onward, PAYS_OUT)}.`,
          'The provider has the money then.',
        )
      : finding(
          'wrong',
          creator.name,
          'Nothing pays the provider out.',
          "The money stays in the provider's balance at Stripe. Add stripe-create-payout to the transition that completes the transaction.",
        ),
    ...holds(process, onward),
  ];
}

const nameOf = (transition: ProcessTransition | undefined) =>
  transition?.name.replace(/^transition\//, '') ?? '';
const namesWith = (transitions: ProcessTransition[], action: string) =>
  transitions
    .filter(({ actions }) => actions.includes(action))
    .map(nameOf)
    .join(', ');

function privilege({ name, privileged, actions, actor }: ProcessTransition): ProcessFinding {
  if (privileged)
    return finding(
      'ok',
      name,
      'Creates the PaymentIntent, and is privileged.',
      'It goes through this service, which sets the price and looks at the PaymentIntent.',
    );
  return actions.includes(SETS_PRICE) && actor !== 'operator'
    ? finding(
        'wrong',
        name,
        'Sets line items and is not privileged.',
        'Flex refuses such a process: add :privileged? true.',
      )
    : finding(
        'note',
        name,
        'Creates the PaymentIntent, and is not privileged.',
        'The browser makes it with Flex itself: this service does not see it, only the event feed does.',
      );
}

/** Actions run in their order. */
function order({ name, actions }: ProcessTransition): ProcessFinding[] {
  const created = actions.findIndex(action => action.startsWith('action/stripe-create-payment-intent'));
  return actions.indexOf(SETS_PRICE) > created
    ? [
        finding(
          'wrong',
          name,
          'The line items are set after the PaymentIntent is created.',
          'It is made for the price before them, and does not change with them.',
        ),
      ]
    : [];
}

function expiry(process: Process, creator: ProcessTransition): ProcessFinding[] {
  const found = expiryOf(process, creator.to);
  if (!found)
    return [
      finding(
        'wrong',
        creator.name,
        'A payment that nobody makes never runs out.',
        'The dates or the stock stay taken. Add a transition :at some minutes after the state was entered, with stripe-refund-payment.',
      ),
    ];
  const ending = process.transitions.get(found.transition)!;
  const kept = heldAndKept(creator, ending);
  return [
    finding(
      'ok',
      creator.name,
      `Runs out by ${nameOf(ending)}${found.ms === null ? '' : ` after ${periodsIn(ending.at).join(' ')}`}.`,
      'Flex cancels the PaymentIntent then.',
    ),
    ...kept.map(taken =>
      finding(
        'wrong',
        ending.name,
        `It does not give back what ${taken.replace(/^action\//, '')} took.`,
        'The dates or the stock stay taken after the payment has run out.',
      ),
    ),
  ];
}

/** A hold on a card that outlives its booking, or the other way round. */
function holds({ transitions }: Process, onward: ProcessTransition[]): ProcessFinding[] {
  return onward
    .filter(confirmsPayment)
    .filter(({ actions }) => !actions.includes(CAPTURES))
    .flatMap(confirming => {
      const ends = [...transitions.values()].filter(({ from, at }) => from === confirming.to && at !== null);
      const latest = ends.filter(isExpiry).flatMap(({ at }) => latestAfterEntering(at, confirming.to) ?? []);
      return Math.min(...latest) < LONGEST_HOLD_MS
        ? []
        : [
            finding(
              'wrong',
              confirming.name,
              `Nothing ends ${confirming.to} before the hold on the card runs out.`,
              'Holds last seven days; accepted later, the capture fails.',
            ),
          ];
    });
}
