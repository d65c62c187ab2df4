/**
 * How many days or nights lie between two moments, whatever the time zone of the machine. Clients send either midnights
 * in UTC, as Flex stores bookings by the day, or midnights where the listing is, and there a day may have 23 hours.
 */
const DAY = 86_400_000;

export function wholeDaysBetween(start: Date, end: Date, timeZone: string | undefined): number {
  const clock = isUtcMidnight(start) && isUtcMidnight(end) ? undefined : timeZone && formatterFor(timeZone);
  const read = (date: Date) => (clock ? wallClock(date.getTime(), clock) : date.getTime());
  return Math.floor((read(end) - read(start)) / DAY);
}

const isUtcMidnight = (date: Date) => date.getTime() % DAY === 0;

/**
 * What clocks show there, as if it were UTC. Where they go forward at midnight the day begins at one o'clock: that counts
 * as its midnight.
 */
function wallClock(ms: number, clock: Intl.DateTimeFormat): number {
  const shown = ms + offset(ms, clock);
  const midnight = shown - mod(shown, DAY);
  return ms - 1 + offset(ms - 1, clock) < midnight ? midnight : shown;
}

const mod = (value: number, by: number) => ((value % by) + by) % by;

/** Milliseconds that clocks there are ahead of UTC: read from `1/10/2030, GMT+02:00`. */
function offset(ms: number, clock: Intl.DateTimeFormat): number {
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(
    clock.format(ms),
  )!;
  const amount = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -amount : amount) * 1000;
}

/** Costly to make, so they are kept: there are a few hundred zones, and a listing can not invent one. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat | undefined {
  const name = timeZone.toLowerCase();
  const known = formatters.get(name);
  if (known) return known;
  try {
    const formatter = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    formatters.set(name, formatter);
    return formatter;
  } catch {
    // No zone that anybody knows: what is left is UTC.
    return undefined;
  }
}
