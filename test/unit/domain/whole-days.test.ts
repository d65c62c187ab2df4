import { execFileSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { wholeDaysBetween } from '../../../server/domain/whole-days.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Two moments, where the listing is, and the nights between them. */
const stays: [string, string, string, string | undefined, number][] = [
  ['UTC midnights', '2030-01-10T00:00Z', '2030-01-13T00:00Z', undefined, 3],
  ['UTC midnights of a listing elsewhere', '2030-01-10T00:00Z', '2030-01-13T00:00Z', 'America/New_York', 3],
  // Clocks go forward on 10 March 2030 in Los Angeles and on 31 March in Helsinki, back on 3 November and 27 October.
  ['UTC midnights over a change', '2030-10-26T00:00Z', '2030-10-28T00:00Z', 'Europe/Helsinki', 2],
  ['a night of 23 hours', '2030-03-10T08:00Z', '2030-03-11T07:00Z', 'America/Los_Angeles', 1],
  ['a night of 25 hours', '2030-11-03T07:00Z', '2030-11-04T08:00Z', 'America/Los_Angeles', 1],
  ['two nights, one of 23 hours', '2030-03-30T22:00Z', '2030-04-01T21:00Z', 'Europe/Helsinki', 2],
  ['two nights, one of 25 hours', '2030-10-26T21:00Z', '2030-10-28T22:00Z', 'Europe/Helsinki', 2],
  ['the same two without a place', '2030-10-26T21:00Z', '2030-10-28T22:00Z', undefined, 2],
  ['a day that begins at one', '2030-04-25T22:00Z', '2030-04-26T21:00Z', 'Africa/Cairo', 1],
  ['half an hour that is missing', '2030-10-05T13:30Z', '2030-10-06T13:00Z', 'Australia/Lord_Howe', 1],
  ['far ahead of UTC', '2030-03-09T11:00Z', '2030-03-12T11:00Z', 'Pacific/Apia', 3],
  ['less than a night', '2030-01-10T00:00Z', '2030-01-10T23:00Z', 'Etc/UTC', 0],
  ['from noon to before noon', '2030-01-10T12:00Z', '2030-01-12T11:00Z', 'Etc/UTC', 1],
  ['a place that nobody knows', '2030-01-10T05:00Z', '2030-01-12T05:00Z', 'Moon/Tycho', 2],
  ['no time at all', '2030-01-10T00:00Z', '2030-01-10T00:00Z', 'Etc/UTC', 0],
];

describe('wholeDaysBetween', () => {
  it.each(stays)('counts %s', (_what, start, end, timeZone, days) => {
    expect(wholeDaysBetween(new Date(start), new Date(end), timeZone)).toBe(days);
  });

  it.each(['UTC', 'America/Los_Angeles', 'Pacific/Apia'])('counts the same on a machine in %s', zone => {
    const file = path.join(import.meta.dirname, '../../../server/domain/whole-days.ts');
    const program = `
      const { wholeDaysBetween } = await import(${JSON.stringify(file)});
      const stays = ${JSON.stringify(stays)};
      console.log(JSON.stringify({
        midnight: new Date('2030-06-01T00:00').toISOString(),
        days: stays.map(([, start, end, zone]) => wholeDaysBetween(new Date(start), new Date(end), zone ?? undefined)),
      }));`;
    const answer = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        env: { TZ: zone },
        encoding: 'utf8',
      }),
    );

    expect(answer.days).toEqual(stays.map(stay => stay[4]));
    // The machine really was somewhere else.
    expect(answer.midnight).toBe(
      {
        UTC: '2030-06-01T00:00',
        'America/Los_Angeles': '2030-06-01T07:00',
        'Pacific/Apia': '2030-05-31T11:00',
      }[zone] + ':00.000Z',
    );
  });

  it('agrees with the calendar for midnights of every zone', () => {
    const zones = Intl.supportedValuesOf('timeZone').map(zone => ({ zone, clock: calendarOf(zone) }));
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2024, 0) / DAY, max: Date.UTC(2034, 0) / DAY }),
        fc.integer({ min: 1, max: 400 }),
        ({ zone, clock }, first, nights) => {
          const [start, end] = [dayBegins(clock, first), dayBegins(clock, first + nights)];
          return wholeDaysBetween(start, end, zone) === nights;
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

const calendarOf = (timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });

/** The first half hour of a calendar day there, found by looking: another way than the one under test. */
function dayBegins(clock: Intl.DateTimeFormat, dayNumber: number): Date {
  const date = new Date(dayNumber * DAY).toISOString().slice(0, 10);
  for (let ms = dayNumber * DAY - 14 * HOUR; ; ms += HOUR / 4)
    if (clock.format(ms) >= date) return new Date(ms);
}
