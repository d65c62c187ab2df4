import type { RequestHandler } from 'express';
import { z } from 'zod';
import { logLookup } from '../log.ts';
import { confirmPayment } from '../transactions/own-order.ts';
import { budgetOf, type ApiDeps } from './deps.ts';
import { requestLogOf } from './middleware/request-log.ts';
import { answerOfFlex, errors, transit } from './openapi.ts';
import { id, parse } from './parse.ts';
import { sendAnswer } from './send-transit.ts';

const body = z.object({ transactionId: id });

export const describeConfirmPayment = {
  summary: "Confirm the payment of one's own order, whoever made its PaymentIntent",
  description:
    "One of Flex's own is confirmed by the transition that its process has for it. One of the fallback is looked at in Stripe, and the order then counts as paid for. Answers 409 `payment-not-authorised` while the card is not authorised, and `payment-over` when it is too late.",
  security: [{ session: [] }],
  requestBody: transit(body),
  responses: { 200: answerOfFlex, ...errors },
};

/** `POST /api/confirm-payment`: by its customer, after the card was authorised in the browser. */
export const confirmPaymentOf =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const { transactionId } = parse(body, req.body);
    const { answer, source } = await confirmPayment(
      {
        processes: deps.processes,
        cases: deps.fallback,
        recordLookup: lookup => logLookup(requestLogOf(res), lookup),
      },
      deps.flex.openSession(req, res),
      transactionId.text,
      transactionId.sent,
      budgetOf(deps, res),
    );
    sendAnswer(res, answer, { 'X-Payment-Intent-Source': source });
  };
