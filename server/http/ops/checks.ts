import { z } from 'zod';
import { causes } from '../../domain/diagnosis/causes.ts';
import { verdicts } from '../../domain/verdict.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { idCursor, listQuery, pageOf, readPage, someOf, time, transactionId, word } from './page.ts';

export const cause = z.enum(causes);
export const called = {
  id: z.uuid(),
  at: z.iso.datetime(),
  call: z.enum(['initiate', 'transition']),
  isSpeculative: z.boolean(),
  transition: z.string(),
  transactionId: z.string().nullable(),
};

const cursor = idCursor('checks');
const query = listQuery(
  {
    verdict: someOf(verdicts),
    process: word,
    transaction: transactionId.optional(),
    payment_intent: word,
    since: time.optional(),
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
          processName: filter.process,
          transactionId: filter.transaction,
          paymentIntentId: filter.payment_intent,
          since: filter.since,
        },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );
