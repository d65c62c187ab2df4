import type { RequestHandler } from 'express';
import { z } from 'zod';
import { paymentOf } from '../transactions/own-order.ts';
import { budgetOf, type ApiDeps } from './deps.ts';
import { errors, json, paymentClientHeader } from './openapi.ts';
import { id, isAble, parse } from './parse.ts';
import { sendTransit } from './send-transit.ts';

const answer = z.object({
  transactionId: z.uuid(),
  source: z.enum(['flex', 'fallback']),
  status: z.enum(['none', 'preparing', 'payable', 'authorised', 'paid', 'over', 'checking']).meta({
    description:
      '`preparing`: ask again in a moment. `checking`: the marketplace looks at it; nothing is to be paid again.',
  }),
  verdict: z
    .string()
    .nullable()
    .meta({ description: "Of Flex's own PaymentIntent, where the order stands at it." }),
  stripePaymentIntentId: z.string().optional(),
  stripePaymentIntentClientSecret: z.string().optional(),
});

export const describePaymentIntent = {
  summary: "How the payment of one's own order stands, and what to pay it with",
  description:
    'The client secret is that of a PaymentIntent of the fallback, and comes only to a client that says `X-Payment-Client: 1`. In transit for a client that accepts transit, in JSON otherwise.',
  security: [{ session: [] }],
  requestParams: {
    path: z.object({ transactionId: z.uuid() }),
    header: z.object(paymentClientHeader),
  },
  responses: { 200: { description: 'It.', ...json(answer) }, ...errors },
};

/** `GET /api/payment-intents/:transactionId`: for its customer. */
export const paymentIntentOf =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const transactionId = parse(id, req.params['transactionId'], 'transactionId').text;
    const { payment, ...rest } = await paymentOf(
      { processes: deps.processes, cases: deps.fallback, recordLookup: () => undefined },
      deps.flex.openSession(req, res),
      transactionId,
      isAble(req),
      budgetOf(deps, res),
    );
    const shown: z.infer<typeof answer> = {
      transactionId,
      ...rest,
      ...(payment && {
        stripePaymentIntentId: payment.paymentIntentId,
        stripePaymentIntentClientSecret: payment.clientSecret,
      }),
    };
    if (req.get('accept')?.includes('application/transit+json'))
      sendTransit(res, 200, shown, deps.transitVerbose);
    else res.json(shown);
  };
