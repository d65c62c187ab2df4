/**
 * Faults one by one: each call to Flex and Stripe, going wrong in each way it can, in bookings where nothing else goes wrong. A
 * booking is a seed: the same people do the same things at the same times.
 */

export type Strike = { call: string; does: Does };

const AROUND = ['crash-before', 'crash-after', 'sleep-before'] as const;
/** `late`: done some seconds after it was given up. `leaves`: done, the answer lost, and Stripe away for longer than it keeps keys. */
const WISH = [
  'lost',
  'done-lost',
  'not-now',
  'late',
  'under-way',
  'saved-500',
  'saved-500-undone',
  'leaves',
] as const;
const MOVE = ['lost', 'done-lost', 'not-now', 'late', 'conflict'] as const;
const LOOK = ['away', 'old'] as const;

export type Does = (typeof AROUND | typeof WISH | typeof MOVE | typeof LOOK)[number];

const each = (calls: string[], ways: readonly Does[]): Strike[] =>
  calls.flatMap(call => [...AROUND, ...ways].map(does => ({ call, does })));

export const strikes: readonly Strike[] = [
  ...each(
    ['create', 'cancel', 'capture', 'refund', 'payout'].map(name => `stripe ${name}`),
    WISH,
  ),
  ...each(
    ['intent', 'intents', 'refunds', 'payouts', 'share', 'secret'].map(name => `stripe ${name}`),
    LOOK,
  ),
  ...each(
    ['try enter', 'enter', 'note', 'advance', 'end', 'captured', 'capture-failed'].map(
      name => `flex ${name}`,
    ),
    MOVE,
  ),
  ...each(['flex read'], LOOK),
];

export const inWords = (struck: readonly Strike[]): string =>
  struck.map(({ call, does }) => `${call}: ${does}`).join('; ');

/** The other way round. */
export function strikesFrom(words: string): Strike[] {
  return words.split('; ').map(word => {
    const found = strikes.find(strike => inWords([strike]) === word);
    if (!found) throw new Error(`There is no fault "${word}". One is "${inWords([strikes[0]!])}".`);
    return found;
  });
}
