import type { RequestHandler } from 'express';
import { z } from 'zod';
import { initiate } from '../transactions/initiate.ts';
import { budgetOf, checkDepsOf, type ApiDeps } from './deps.ts';
import { id, optionalFlag, optionalMap, parse, requiredMap, text } from './parse.ts';
import { sendChecked } from './send-transit.ts';

const body = z.object({
  isSpeculative: optionalFlag,
  orderData: optionalMap,
  bodyParams: z.object({ processAlias: text, transition: text, params: requiredMap }, 'is missing'),
  queryParams: optionalMap,
});

/** `POST /api/initiate-privileged`: transit in, Flex's transaction out, with our verdict in the headers. */
export const initiatePrivileged =
  (deps: ApiDeps): RequestHandler =>
  async (req, res) => {
    const { isSpeculative, orderData, bodyParams, queryParams } = parse(body, req.body);
    const listingId = parse(id, bodyParams.params['listingId'], 'bodyParams.params.listingId').text;
    const request = { ...bodyParams, isSpeculative, orderData, listingId, query: queryParams };
    const session = deps.flex.openSession(req, res);
    sendChecked(res, await initiate(checkDepsOf(deps, res), session, request, budgetOf(deps)));
  };
