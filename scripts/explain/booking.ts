/** A booking as the running service knows it: a lane for Flex, one for us and one for Stripe, and the report below. */
import type { Report } from '../../server/domain/report.ts';
import { inWords, type TimelineEntry } from '../../server/domain/timeline.ts';
import type { Operators } from '../lib/operators-at.ts';
import { paint, table } from '../lib/tables.ts';
import { whole } from '../verify-pi/show.ts';

/** Of what `/ops/transactions/<id>` answers, what is shown. */
export type BookingAnswer = {
  transactionId: string;
  isRecorded: boolean;
  entries: TimelineEntry[];
  report: Report;
};

export type Booking = { answer: BookingAnswer; shown(): string };

export async function bookingsOf({ get }: Pick<Operators, 'get'>, ids: string[]): Promise<Booking[]> {
  const bookings: Booking[] = [];
  for (const id of ids) {
    const answer = await get<BookingAnswer>(`/ops/transactions/${id}`);
    bookings.push({ answer, shown: () => shown(answer) });
  }
  return bookings;
}

const TIME = 26;
const FLEX = 25;
const HERE = 34;

function shown({ entries, isRecorded, report }: BookingAnswer): string {
  const lanes = entries.map(entry => {
    const { what, meaning } = inWords(entry);
    const text = meaning === '' ? what : `${what}\n${paint('dim', meaning)}`;
    return [
      entry.at,
      ...(['flex', 'proxy', 'stripe'] as const).map(lane => (entry.lane === lane ? text : '')),
    ];
  });
  return [
    ...(lanes.length > 0 ? [table(['UTC', 'Flex', 'Here', 'Stripe'], lanes, [TIME, FLEX, HERE])] : []),
    ...(isRecorded
      ? []
      : ['The service keeps no records, or its database is away: only what both sides say now.']),
    whole(report),
  ].join('\n');
}
