import type { RequestHandler } from 'express';
import { z } from 'zod';
import { deleteAccount, unfinishedInFlex } from '../transactions/delete-account.ts';
import { timeOf, type ApiDeps } from './deps.ts';
import { parse, text } from './parse.ts';
import { sendAnswer } from './send-transit.ts';

const body = z.object({ currentPassword: text });

/** `POST /api/delete-account`: for a user who has no payment under way. */
export const deleteAccountOf = (deps: ApiDeps): RequestHandler => {
  const places = [unfinishedInFlex(deps.processes)];
  return async (req, res) => {
    const { currentPassword } = parse(body, req.body);
    const session = deps.flex.openSession(req, res);
    sendAnswer(res, await deleteAccount(places, session, currentPassword, timeOf(deps)));
  };
};
