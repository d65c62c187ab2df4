import { z } from 'zod';
import { causes } from '../../domain/diagnosis/causes.ts';
import { verdicts } from '../../domain/verdict.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import {
  idCursor,
  listQuery,
  pageOf,
  readPage,
  recordedWithin,
  someOf,
  time,
  transactionId,
  word,
} from './page.ts';

export const cause = z.enum(causes);
export const called = {
  id: z.uuid(),
  at: z.iso.datetime(),
  call: z.enum(['initiate', 'transition']),
  isSpeculative: z.boolean(),
  transition: z.string(),
  transactionId: z.string().nullable(),
};

/** What all that was recorded of calls can be asked for by. */
export const filters = {
  process: word,
  transaction: transactionId.optional(),
  since: time.optional(),
  recorded_within: recordedWithin,
};
export const filterOf = (filter: z.infer<z.ZodObject<typeof filters>>) => ({
  processName: filter.process,
  transactionId: filter.transaction,
  since: filter.since,
  recordedWithin: filter.recorded_within,
});

const cursor = idCursor('checks');
const query = listQuery(
  {
    verdict: someOf(verdicts),
    payment_intent: word,
    ...filters,
  },
  cursor,
);
const check = z.object({
  ...called,
  requestId: z.string(),
  processName: z.string(),
  verdict: z.enum(verdicts),
  reasons: z.array(z.string()),
  path: z.string().nullable(),
  looksLikePI: z.boolean(),
  secretLooksRight: z.boolean(),
  paymentIntentId: z.string().nullable(),
  cause: cause.meta({ description: 'By the form of the answer alone.' }),
});

/** `GET /ops/checks`: each look at an answer of Flex, the newest first. */
export const checks = ({ views }: OpsDeps) =>
  endpoint(
    {
      summary: 'Looks at the PaymentIntents in answers of Flex, the newest first',
      requestParams: { query },
    },
    pageOf(check),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.checks(
        {
          verdicts: filter.verdict,
          paymentIntentId: filter.payment_intent,
          ...filterOf(filter),
        },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );
