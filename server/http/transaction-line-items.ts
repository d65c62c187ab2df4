import type { RequestHandler } from 'express';
import { z } from 'zod';
import { shownLineItem } from '../flex/transit.ts';
import { quote } from '../transactions/quote.ts';
import { timeOf, type ApiDeps } from './deps.ts';
import { errors, transit } from './openapi.ts';
import { id, optionalFlag, optionalMap, parse } from './parse.ts';
import { sendTransit } from './send-transit.ts';

const body = z.object({ isOwnListing: optionalFlag, listingId: id, orderData: optionalMap });

export const describeQuote = {
  summary: 'The price breakdown of an order that nobody has made yet',
  requestBody: transit(body),
  responses: {
    200: {
      description: 'The line items as the Marketplace API would answer them.',
      ...transit(z.object({ data: z.array(z.record(z.string(), z.unknown())) })),
    },
    ...errors,
  },
};

/** `POST /api/transaction-line-items`: the price breakdown of an order that nobody has made yet. */
export const transactionLineItems =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const { isOwnListing, listingId, orderData } = parse(body, req.body);
    const session = deps.flex.openSession(req, res);
    const lineItems = await quote(
      session,
      { isOwnListing, listingId: listingId.text, orderData },
      timeOf(deps, res),
    );
    sendTransit(res, 200, { data: lineItems.map(shownLineItem) }, deps.transitVerbose);
  };
