import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import type { RequestHandler } from 'express';
import { badRequest, ProxyError } from '../../domain/errors.ts';
import { readTransit } from '../../flex/transit.ts';

const TRANSIT = 'application/transit+json';

/** Larger than any order: protected data alone may be 50 KB. */
const LARGEST_BODY = 64 * 1024;

/** Up to here a body that is too large is heard out: a proxy in front that is still sending would miss the answer. */
const LARGEST_HEARD = 1024 * 1024;

/** Reads a transit body of at most 64 KB into `req.body`; anything else is refused in words, before it is parsed. */
export const transitBody: RequestHandler = (req, _res, next) => {
  requireTransit(req.headers['content-type']);
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity') throw ENCODED;
  readBytes(req, (problem, bytes) => {
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

/**
 * Not by Express's own reader: that one reads a body of any size to its end before it says that it is too large, unpacks what
 * is compressed, and replaces bytes that are no text.
 */
function readBytes(req: IncomingMessage, done: (problem: Error | null, bytes?: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (problem: Error | null, bytes?: Buffer) => {
    req.off('data', take).off('end', end).off('error', fail);
    // What still comes is thrown away until the time for a request is over.
    if (problem) req.on('error', () => {}).resume();
    done(problem, bytes);
  };
  const take = (chunk: Buffer) => {
    length += chunk.length;
    if (length > LARGEST_HEARD) finish(TOO_LARGE);
    else if (length <= LARGEST_BODY) chunks.push(chunk);
  };
  const end = () => {
    if (length > LARGEST_BODY) finish(TOO_LARGE);
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  };
  const fail = () => finish(BROKEN_OFF);
  if (Number(req.headers['content-length'] ?? 0) > LARGEST_HEARD) return finish(TOO_LARGE);
  req.on('data', take).on('end', end).on('error', fail);
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
const TOO_LARGE = new ProxyError('body-too-large', {
  status: 413,
  statusText: `The request body is larger than ${LARGEST_BODY / 1024} KB.`,
  data: {},
});
const BROKEN_OFF = badRequest('bad-request', 'The request broke off.');
