import { z } from 'zod';
import { called, cause, filterOf, filters } from './checks.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { idCursor, listQuery, pageOf, readPage, word } from './page.ts';

export const isProven = z
  .boolean()
  .meta({ description: 'False where Flex had taken no session: anybody may have asked.' });

const cursor = idCursor('refusals');
const query = listQuery({ code: word, ...filters }, cursor);
const refusal = z.object({
  ...called,
  processName: z.string().nullable(),
  code: z.string(),
  status: z.int(),
  flexCodes: z.array(z.string()),
  stripeCode: z.string().nullable(),
  stripeMessage: z.string().nullable(),
  statusText: z.string(),
  isProven,
  cause,
});

/** `GET /ops/refusals`: calls that came to nothing, by Flex or by us, the newest first. */
export const refusals = ({ views }: OpsDeps) =>
  endpoint(
    {
      summary: 'Calls that were refused, by Flex or by this service, the newest first',
      requestParams: { query },
    },
    pageOf(refusal),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.refusals({ code: filter.code, ...filterOf(filter) }, page);
      return { items, next: cursor.write(next) };
    },
  );
