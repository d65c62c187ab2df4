import { isUtf8 } from 'node:buffer';
import { MIMEType } from 'node:util';
import type { RequestHandler } from 'express';
import { badRequest, ProxyError } from '../../domain/errors.ts';
import { readTransit } from '../../flex/transit.ts';
import { readBytes } from './read-bytes.ts';

const TRANSIT = 'application/transit+json';

/** Larger than any order: protected data alone may be 50 KB. */
const LARGEST_BODY = 64 * 1024;

/** Reads a transit body of at most 64 KB into `req.body`; anything else is refused in words, before it is parsed. */
export const transitBody: RequestHandler = (req, _res, next) => {
  requireTransit(req.headers['content-type']);
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity') throw ENCODED;
  readBytes(req, LARGEST_BODY, (problem, bytes) => {
    if (problem) return next(problem);
    try {
      req.body = decode(bytes!);
    } catch (error) {
      return next(error);
    }
    next();
  });
};

function requireTransit(contentType: string | undefined): void {
  // What the web client sends, exactly; all else takes the longer way.
  if (contentType === TRANSIT) return;
  const type = contentType === undefined ? null : mediaType(contentType);
  if (type?.essence !== TRANSIT) throw NOT_TRANSIT;
  if ((type.params.get('charset') ?? 'utf-8').toLowerCase() !== 'utf-8') throw NOT_UTF8;
}

function mediaType(text: string): MIMEType | null {
  try {
    return new MIMEType(text);
  } catch {
    return null;
  }
}

function decode(bytes: Buffer): unknown {
  if (bytes.length === 0) throw badRequest('bad-request', 'The request body is empty.');
  if (!isUtf8(bytes)) throw badRequest('bad-request', 'The request body is not UTF-8.');
  const value = valueIn(bytes.toString('utf8'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw badRequest('bad-request', 'The body: must be a map.');
}

function valueIn(text: string): unknown {
  try {
    return readTransit(text);
  } catch {
    // The reader's own message would quote the body.
    throw badRequest('bad-request', 'Invalid Transit in request body.');
  }
}

const unsupported = (statusText: string) =>
  new ProxyError('unsupported-media-type', { status: 415, statusText, data: {} });

const NOT_TRANSIT = unsupported(`The Content-Type must be ${TRANSIT}.`);
const NOT_UTF8 = unsupported('The charset of the body must be utf-8.');
const ENCODED = unsupported('The body must not be compressed.');
