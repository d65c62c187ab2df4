import { z } from 'zod';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { cursorOf, listQuery, pageOf, readPage, time, transactionId } from './page.ts';
import { transaction } from './payments.ts';

const cursor = cursorOf('transactions', z.tuple([z.iso.datetime(), z.string().max(100)]).readonly());
const user = transactionId.optional().meta({ description: 'The id of a user of the marketplace.' });
const query = listQuery({ customer: user, provider: user, since: time.optional() }, cursor);

/** `GET /ops/transactions`: as Flex's feed told of them, what was moved last first. */
export const transactions = ({ views }: OpsDeps) =>
  endpoint(
    {
      summary: "Transactions as Flex's feed told of them, what was moved last first",
      requestParams: { query },
    },
    pageOf(transaction),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.transactions(
        {
          customerId: filter.customer,
          providerId: filter.provider,
          since: filter.since,
        },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );
