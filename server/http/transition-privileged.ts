import type { RequestHandler } from 'express';
import { z } from 'zod';
import { transition } from '../transactions/transition.ts';
import { checkedAnswer, errors, laterAnswer, paymentClientHeader, transit } from './openapi.ts';
import { budgetOf, callDepsOf, observed, type ApiDeps } from './deps.ts';
import { id, isAble, optionalFlag, optionalMap, parse, query, text } from './parse.ts';
import { sendChecked } from './send-transit.ts';

const body = z.object({
  isSpeculative: optionalFlag,
  orderData: optionalMap,
  bodyParams: z.strictObject({ id, transition: text, params: optionalMap }, 'is missing'),
  queryParams: query,
});

export const describeTransition = {
  summary: 'Move a transaction on by a privileged transition, priced from its listing',
  security: [{ session: [] }],
  requestParams: { header: z.object(paymentClientHeader) },
  requestBody: transit(body),
  responses: { 200: checkedAnswer, 202: laterAnswer, ...errors },
};

/** `POST /api/transition-privileged`: transit in, Flex's transaction out, with our verdict in the headers. */
export const transitionPrivileged =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const { isSpeculative, orderData, bodyParams, queryParams } = parse(body, req.body);
    const { id: transactionId, ...rest } = bodyParams;
    const request = {
      ...rest,
      isSpeculative,
      orderData,
      id: transactionId.sent,
      transactionId: transactionId.text,
      query: queryParams,
      isAble: isAble(req),
    };
    const session = deps.flex.openSession(req, res);
    const call = {
      call: 'transition' as const,
      isSpeculative,
      processName: null,
      transition: bodyParams.transition,
      transactionId: transactionId.text,
    };
    const work = transition(callDepsOf(deps, res, { session, call }), session, request, budgetOf(deps, res));
    sendChecked(res, await observed(deps, session, call, work));
  };
