import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { processNameOf } from '../domain/process.ts';
import { initiate } from '../transactions/initiate.ts';
import { budgetOf, callDepsOf, observed, type ApiDeps } from './deps.ts';
import {
  id,
  isAble,
  idempotencyKeyOf,
  optionalFlag,
  optionalMap,
  parse,
  query,
  requiredMap,
  text,
} from './parse.ts';
import { checkedAnswer, errors, laterAnswer, paymentClientHeader, transit } from './openapi.ts';
import { sendChecked } from './send-transit.ts';

const body = z.object({
  isSpeculative: optionalFlag,
  orderData: optionalMap,
  bodyParams: z.strictObject({ processAlias: text, transition: text, params: requiredMap }, 'is missing'),
  queryParams: query,
});

const headers = z.object({
  ...paymentClientHeader,
  'X-Idempotency-Key': z.string().optional().meta({
    description:
      'What makes two requests one order, 16 to 100 letters or digits. A repeat finds what the first one made.',
  }),
});

export const describeInitiate = {
  summary: 'Begin a transaction by a privileged transition, priced from its listing',
  security: [{ session: [] }],
  requestParams: { header: headers },
  requestBody: transit(body),
  responses: { 200: checkedAnswer, 202: laterAnswer, ...errors },
};

/** `POST /api/initiate-privileged`: transit in, Flex's transaction out, with our verdict in the headers. */
export const initiatePrivileged =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const { isSpeculative, orderData, bodyParams, queryParams } = parse(body, req.body);
    const listingId = parse(id, bodyParams.params['listingId'], 'bodyParams.params.listingId').text;
    const key = idempotencyKeyOf(req);
    const attempt = { id: key ?? randomUUID(), isFromBrowser: key !== undefined };
    const request = {
      ...bodyParams,
      isSpeculative,
      orderData,
      listingId,
      query: queryParams,
      attempt,
      isAble: isAble(req),
    };
    const session = deps.flex.openSession(req, res);
    const call = {
      call: 'initiate' as const,
      isSpeculative,
      processName: processNameOf(bodyParams.processAlias),
      transition: bodyParams.transition,
      transactionId: null,
    };
    const work = initiate(callDepsOf(deps, res, { session, call }), session, request, budgetOf(deps, res));
    sendChecked(res, await observed(deps, session, call, work));
  };
