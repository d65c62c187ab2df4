/** When a delayed transition is due. */
import type { TimeExpression } from './process.ts';

type Period = { months: number; ms: number };

const PERIOD = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** An ISO 8601 duration, or undefined when it is none. */
export function parsePeriod(text: string): Period | undefined {
  const match = PERIOD.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map(part => Number(part ?? 0)) as [number, number, number, number, number, number, number];
  return {
    months: years * 12 + months,
    ms: (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000,
  };
}

/** What a time expression can ask of a transaction; null where there is no such moment. */
export type Moments = (point: string, argument: string | null) => number | null;

/** The moment, or null when it never comes. */
export function evaluate(time: TimeExpression, moments: Moments, now: number): number | null {
  switch (time.kind) {
    case 'timepoint':
      return moments(time.point, time.argument);
    case 'min': {
      const known = time.of.map(inner => evaluate(inner, moments, now)).filter(moment => moment !== null);
      return known.length > 0 ? Math.min(...known) : null;
    }
    case 'ignore-if-past': {
      const moment = evaluate(time.of, moments, now);
      return moment !== null && moment < now ? null : moment;
    }
    default: {
      const base = evaluate(time.base, moments, now);
      const sign = time.kind === 'plus' ? 1 : -1;
      return time.periods.reduce<number | null>(
        (moment, period) => shift(moment, parsePeriod(period)!, sign),
        base,
      );
    }
  }
}

function shift(moment: number | null, period: Period, sign: 1 | -1): number | null {
  if (moment === null) return null;
  const date = new Date(moment);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + sign * period.months);
  // A month after the 31st of January is the end of February.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime() + sign * period.ms;
}
