/** The bytes of a body, up to a limit. */
import type { IncomingMessage } from 'node:http';
import { badRequest, ProxyError } from '../../domain/errors.ts';

/** Up to here a body that is too large is heard out: a proxy in front that is still sending would miss the answer. */
const LARGEST_HEARD = 1024 * 1024;

/**
 * Not by Express's own reader: that one reads a body of any size to its end before it says that it is too large, unpacks what
 * is compressed, and replaces bytes that are no text.
 */
export function readBytes(
  req: IncomingMessage,
  most: number,
  done: (problem: Error | null, bytes?: Buffer) => void,
): void {
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
    if (length > LARGEST_HEARD) finish(tooLarge(most));
    else if (length <= most) chunks.push(chunk);
  };
  const end = () => {
    if (length > most) finish(tooLarge(most));
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  };
  const fail = () => finish(BROKEN_OFF);
  if (Number(req.headers['content-length'] ?? 0) > LARGEST_HEARD) return finish(tooLarge(most));
  req.on('data', take).on('end', end).on('error', fail);
}

export const bytesOf = (req: IncomingMessage, most: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    readBytes(req, most, (problem, bytes) => (problem ? reject(problem) : resolve(bytes!)));
  });

const tooLarge = (most: number) =>
  new ProxyError('body-too-large', {
    status: 413,
    statusText: `The request body is larger than ${most / 1024} KB.`,
    data: {},
  });
const BROKEN_OFF = badRequest('bad-request', 'The request broke off.');
