import { z } from 'zod';
import { cause } from './checks.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { idCursor, listQuery, oneOf, pageOf, readPage } from './page.ts';

const cursor = idCursor('incidents');
const query = listQuery({ state: oneOf(['open', 'closed']) }, cursor);
const incident = z.object({
  id: z.uuid(),
  cause,
  processName: z.string(),
  openedAt: z.iso.datetime(),
  lastFailureAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  failures: z.int(),
  good: z.int().meta({ description: 'Payments that were good while it was open.' }),
  transactionIds: z.array(z.string()).meta({ description: 'The first few.' }),
  meaning: z.string(),
  next: z.string().meta({ description: 'What to do.' }),
});

/** `GET /ops/incidents`: when real payments failed, the newest first. */
export const incidents = ({ views }: OpsDeps) =>
  endpoint(
    { summary: 'Times in which real payments failed, the newest first', requestParams: { query } },
    pageOf(incident),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.incidents(
        filter.state === undefined ? {} : { isOpen: filter.state === 'open' },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );
