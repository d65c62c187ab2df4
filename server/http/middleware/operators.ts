import { hash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { ProxyError } from '../../domain/errors.ts';
import { requestLogOf } from './request-log.ts';

/** Wrong tokens a minute, of all callers together: more would be guessing. */
const WRONG_TOKENS = 20;
/** Of one token a minute. */
const LOOKS = 600;

/**
 * Lets operators in, by a bearer token of the configuration. Without any, the address does not exist. Which token it was is
 * kept by its place in the list, for the audit.
 */
export function operatorsOnly(tokens: string[]): RequestHandler[] {
  const digests = tokens.map(digestOf);
  return [
    (req, res, next) => {
      if (digests.length === 0) throw NOT_THERE;
      const given = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
      // Each is compared, so that the time says nothing.
      const matches = digests.map(digest => timingSafeEqual(digest, digestOf(given ?? '')));
      res.locals['operator'] = matches.indexOf(true);
      next();
    },
    rateLimit({
      windowMs: 60_000,
      limit: WRONG_TOKENS,
      keyGenerator: () => 'all',
      skip: (_req, res) => operatorOf(res) >= 0,
      standardHeaders: false,
      legacyHeaders: false,
      validate: false,
      handler: (_req, _res, next) => next(TOO_MANY),
    }),
    (req, res, next) => {
      if (operatorOf(res) < 0) {
        requestLogOf(res).warn({ hasToken: req.headers.authorization !== undefined }, 'operator refused');
        res.set('WWW-Authenticate', 'Bearer');
        throw REFUSED;
      }
      next();
    },
  ];
}

/** Looking is limited too: each look asks the database, and some ask Flex and Stripe. */
export const operatorLimit = (): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: LOOKS,
    keyGenerator: (_req, res) => String(operatorOf(res)),
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_req, _res, next) => next(TOO_MANY_LOOKS),
  });

/** The place of the caller's token in OPERATOR_TOKENS. */
export const operatorOf = (res: Response) => res.locals['operator'] as number;

/** Long texts and short ones alike become 32 bytes. */
const digestOf = (token: string) => hash('sha256', token, 'buffer');

const NOT_THERE = new ProxyError('not-found', {
  status: 404,
  statusText: 'There is nothing at this address.',
  data: {},
});
const REFUSED = new ProxyError('operator-refused', {
  status: 401,
  statusText: 'Send one of OPERATOR_TOKENS as a bearer token.',
  data: {},
});
const TOO_MANY = new ProxyError('rate-limited', {
  status: 429,
  statusText: 'Too many wrong operator tokens. Wait a minute.',
  data: {},
  retryAfterSeconds: 60,
});
const TOO_MANY_LOOKS = new ProxyError('rate-limited', {
  status: 429,
  statusText: 'Too many requests of one operator. Wait a minute.',
  data: {},
  retryAfterSeconds: 60,
});
