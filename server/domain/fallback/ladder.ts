/** What is still done, and what no more, as the time runs out in which the customer has to pay. */

export type Ladder = {
  /** No client secret is handed out from here on. */
  stopRelease: number;
  warn: number;
  /** What has not led to a booking by now is cancelled: a hold must not outlive the booking. */
  cancel: number;
};

const MINUTE = 60_000;

/** The PaymentIntents of a booking are looked for among those that were made until so long after its deadline. */
export const LISTED_AFTER_MS = 5 * MINUTE;

/** Of a quarter of an hour: five minutes, three and one before the end. Of a shorter time, the same parts. */
export const ladderOf = ({ deadline, periodMs }: { deadline: number; periodMs: number }): Ladder => ({
  stopRelease: deadline - Math.min(5 * MINUTE, periodMs / 3),
  warn: deadline - Math.min(3 * MINUTE, periodMs / 5),
  cancel: deadline - Math.min(MINUTE, periodMs / 15),
});
