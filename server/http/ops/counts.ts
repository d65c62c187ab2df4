import { z } from 'zod';
import { verdicts } from '../../domain/verdict.ts';
import { parse } from '../parse.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { time } from './page.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 31;

const query = z.strictObject({ since: time.optional() });
const counts = z.object({
  hours: z.array(
    z.object({
      hour: z.iso.datetime(),
      processName: z.string(),
      isSpeculative: z.boolean(),
      verdict: z.enum(verdicts),
      checks: z.int(),
    }),
  ),
});

/** `GET /ops/counts`: checks by the hour, process and verdict. */
export const countsByHour = ({ views, now }: OpsDeps) =>
  endpoint(
    {
      summary: 'How many checks there were, by hour, process and verdict',
      description: `Since a day ago when \`since\` is left out, and ${MOST_DAYS} days at most.`,
      requestParams: { query },
    },
    counts,
    async req => {
      const { since } = parse(query, { ...req.query }, 'The query');
      const earliest = now() - MOST_DAYS * DAY_MS;
      const from = since?.getTime() ?? now() - DAY_MS;
      return { hours: await views.counts(new Date(Math.max(from, earliest))) };
    },
  );
