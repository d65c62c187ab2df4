import { hash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ProxyError } from '../../domain/errors.ts';
import { requestLogOf } from './request-log.ts';

const WINDOW_MS = 60_000;

/** One household or office: what one subscriber of an IPv6 network is given at most. */
const IPV6_SUBNET = 56;

/**
 * Requests a minute; 0 is no limit. Addresses come first and have the higher ceiling: many people share one, but
 * nobody can have as many as he likes. Of session cookies anybody can: a made-up one costs nothing, so the limit on
 * sessions slows down a client that runs wild, and the one on addresses whoever does it on purpose.
 */
export type RateLimits = {
  perAddress: number;
  perSession: number;
  /**
   * Whether callers on this machine are limited too. Not unless limits were set on purpose: such a caller is a proxy that
   * TRUST_PROXY does not name, with all customers behind it, or a person who tries the service out.
   */
  onLoopback: boolean;
};

export function rateLimits(
  { perAddress, perSession, onLoopback }: RateLimits,
  sessionCookie: string,
): RequestHandler[] {
  const isSpared = (req: Request) => !onLoopback && LOOPBACK.test(req.ip ?? '');
  const sessionOf = (req: Request) => {
    const cookie = (req.cookies as Record<string, unknown>)[sessionCookie];
    return typeof cookie === 'string' ? cookie : undefined;
  };
  return [
    ...(perAddress > 0 ? [warnOfHiddenAddresses(), limit(perAddress, addressOf, isSpared)] : []),
    // By a digest, so that no token stays in memory.
    ...(perSession > 0
      ? [
          limit(
            perSession,
            req => hash('sha256', sessionOf(req)!, 'base64'),
            req => sessionOf(req) === undefined || isSpared(req),
          ),
        ]
      : []),
  ];
}

const LOOPBACK = /^(::1|(::ffff:)?127\.)/;

const limit = (perMinute: number, keyGenerator: (req: Request) => string, skip: (req: Request) => boolean) =>
  rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    keyGenerator,
    skip,
    standardHeaders: false,
    legacyHeaders: false,
    // These checks are made at each request and print; ours are in the configuration.
    validate: false,
    handler: (_req, _res, next) => next(TOO_MANY),
  });

/** Express takes it from X-Forwarded-For only as far as TRUST_PROXY reaches. */
function addressOf(req: Request): string {
  const address = (req.ip ?? 'unknown').replace(/^::ffff:(?=[\d.]+$)/, '');
  return address.includes(':') ? ipKeyGenerator(address, IPV6_SUBNET) : address;
}

/** Behind a proxy that is not trusted all callers have its address, and share one limit: said once. */
function warnOfHiddenAddresses(): RequestHandler {
  let said = false;
  return (req, res, next) => {
    if (!said && req.headers['x-forwarded-for'] !== undefined && req.app.get('trust proxy') === 0) {
      said = true;
      requestLogOf(res).warn(
        'X-Forwarded-For came, and TRUST_PROXY is not set: if there is a proxy in front, all callers count as one address',
      );
    }
    next();
  };
}

const TOO_MANY = new ProxyError('rate-limited', {
  status: 429,
  statusText: 'Too many requests. Wait a minute.',
  data: {},
  retryAfterSeconds: WINDOW_MS / 1000,
});
