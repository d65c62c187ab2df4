import { z } from 'zod';
import { genuinenesses } from '../../domain/genuineness.ts';
import { filterOf, filters } from './checks.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { idCursor, listQuery, oneOf, pageOf, readPage, word } from './page.ts';

const cursor = idCursor('verifications');
const query = listQuery(
  {
    genuineness: oneOf(genuinenesses),
    payment_intent: word,
    ...filters,
  },
  cursor,
);
const verification = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  processName: z.string(),
  transition: z.string(),
  transactionId: z.string().nullable(),
  paymentIntentId: z.string().nullable(),
  genuineness: z.enum(genuinenesses),
  differing: z.array(z.string()),
  status: z.string().nullable().meta({ description: 'Of the PaymentIntent, where it was found.' }),
  cause: z.string(),
  confidence: z.number(),
  attempt: z.int(),
});

/** `GET /ops/verifications`: what Stripe said behind requests, the newest first. */
export const verifications = ({ views }: OpsDeps) =>
  endpoint(
    { summary: 'What Stripe said of PaymentIntents, the newest first', requestParams: { query } },
    pageOf(verification),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.verifications(
        {
          genuineness: filter.genuineness,
          paymentIntentId: filter.payment_intent,
          ...filterOf(filter),
        },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );
