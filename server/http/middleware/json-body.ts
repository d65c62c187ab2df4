import type { Request } from 'express';
import { badRequest, ProxyError } from '../../domain/errors.ts';
import { bytesOf } from './read-bytes.ts';

const LARGEST_BODY = 64 * 1024;

/** The JSON body of a request. */
export async function jsonBodyOf(req: Request): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? '')) throw NOT_JSON;
  const bytes = await bytesOf(req, LARGEST_BODY);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw badRequest('bad-request', 'The body is not JSON.');
  }
}

const NOT_JSON = new ProxyError('unsupported-media-type', {
  status: 415,
  statusText: 'The Content-Type must be application/json.',
  data: {},
});
