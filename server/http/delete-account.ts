import type { RequestHandler } from 'express';
import { z } from 'zod';
import {
  deleteAccount,
  unfinishedInFlex,
  type HasUnfinishedPayment,
} from '../transactions/delete-account.ts';
import { timeOf, type ApiDeps } from './deps.ts';
import { answerOfFlex, errors, transit } from './openapi.ts';
import { parse, text } from './parse.ts';
import { sendAnswer } from './send-transit.ts';

const body = z.object({ currentPassword: text });

export const describeDeleteAccount = {
  summary: 'Delete the account of a user who has no payment under way',
  security: [{ session: [] }],
  requestBody: transit(body),
  responses: { 200: answerOfFlex, ...errors },
};

/** `POST /api/delete-account`: for a user who has no payment under way. */
export const deleteAccountOf = (deps: ApiDeps): RequestHandler => {
  const { fallback } = deps;
  const inCases: HasUnfinishedPayment = async (session, signal) =>
    fallback !== null && fallback.hasOpenCase(await session.userId(signal));
  const places = [unfinishedInFlex(deps.processes), ...(fallback ? [inCases] : [])];
  return async (req, res) => {
    const { currentPassword } = parse(body, req.body);
    const session = deps.flex.openSession(req, res);
    sendAnswer(res, await deleteAccount(places, session, currentPassword, timeOf(deps, res)));
  };
};
