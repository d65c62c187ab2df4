import express, { type RequestHandler } from 'express';
import { badRequest, ProxyError } from '../../domain/errors.ts';
import { readTransit } from '../../flex/transit.ts';

const TRANSIT = 'application/transit+json';

/** Larger than any order: protected data alone may be 50 KB. */
const LARGEST_BODY = '64kb';

const requireTransit: RequestHandler = (req, _res, next) => {
  // A charset behind the type is fine, and so is its absence.
  if (req.is(TRANSIT)) return next();
  throw new ProxyError('unsupported-media-type', {
    status: 415,
    statusText: `The Content-Type must be ${TRANSIT}.`,
    data: {},
  });
};

const decode: RequestHandler = (req, _res, next) => {
  try {
    req.body = readTransit(req.body as string);
  } catch {
    // The reader's own message would quote the body.
    throw badRequest('bad-request', 'Invalid Transit in request body.');
  }
  next();
};

/** Reads a transit body of at most 64 KB into `req.body`; anything else is refused in words. */
export const transitBody: RequestHandler[] = [
  requireTransit,
  express.text({ type: TRANSIT, limit: LARGEST_BODY }),
  decode,
];
