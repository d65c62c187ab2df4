import { z } from 'zod';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { cursorOf, listQuery, pageOf, readPage } from './page.ts';

const cursor = cursorOf(
  'payments',
  z.tuple([z.union([z.literal('infinity'), z.iso.datetime()]), z.string().max(100)]).readonly(),
);
const query = listQuery({}, cursor);

/** As Flex last told of it. */
export const transaction = z.object({
  id: z.string(),
  processName: z.string(),
  processVersion: z.int().nullable(),
  state: z.string().nullable(),
  lastTransition: z.string().nullable(),
  createdAt: z.iso.datetime(),
  lastTransitionedAt: z.iso.datetime(),
  listingId: z.string().nullable(),
  customerId: z.string().nullable(),
  providerId: z.string().nullable(),
  payinAmount: z.int().nullable().meta({ description: 'Minor units, as all amounts.' }),
  payinCurrency: z.string().nullable(),
  payoutAmount: z.int().nullable(),
});

const payments = z.object({
  asOf: z.iso.datetime().nullable().meta({
    description:
      "When Flex's event feed was last read to its end; null when it never was: then nothing is known.",
  }),
  ...pageOf(
    z.object({
      ...transaction.shape,
      deadline: z.iso
        .datetime()
        .nullable()
        .meta({ description: "By the process's own expiry; null where nothing ends it." }),
      secondsLeft: z.int().nullable().meta({ description: 'Below zero when it is over.' }),
      paymentIntents: z.array(z.object({ id: z.string(), status: z.string(), asOf: z.iso.datetime() })),
    }),
  ).shape,
});

/** `GET /ops/payments`: customers who are paying now, the most urgent first. */
export const openPayments = ({ views }: OpsDeps) =>
  endpoint(
    { summary: 'Payments under way, the most urgent first', requestParams: { query } },
    payments,
    async req => {
      const { page } = readPage(query, req);
      const { next, ...rest } = await views.payments(page);
      return { ...rest, next: cursor.write(next) };
    },
  );
