import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { ProxyError } from '../../domain/errors.ts';

/** This service answers data: no page of its own may load or frame anything. */
const NOTHING = { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] };

/** Our longest address has under 100 characters. */
const LONGEST_ADDRESS = 2_048;

/** Browsers send about 20, and proxies in between add some. */
const MOST_HEADERS = 100;

/** What holds for every request and every answer: headers that are always the same, and no request of an odd shape. */
export const edge: RequestHandler = (req, res, next) => {
  for (const [name, value] of answerHeaders) res.setHeader(name, value);
  if (req.url.length > LONGEST_ADDRESS) throw ADDRESS_TOO_LONG;
  // A list of name, value, name, value.
  if (req.rawHeaders.length > 2 * MOST_HEADERS) throw TOO_MANY_HEADERS;
  // Several are joined by the parser. Which of them a proxy in front went by, nobody knows.
  if (req.headers.host?.includes(',')) throw SEVERAL_HOSTS;
  next();
};

const answerHeaders = collectHeaders();

/** Helmet's headers do not depend on the request, so it need run only once. */
function collectHeaders(): [name: string, value: string][] {
  // A client secret may be in the answer.
  const headers: [string, string][] = [['Cache-Control', 'no-store']];
  const response = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => {},
  };
  helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING }, xPoweredBy: false })(
    {} as IncomingMessage,
    response as unknown as ServerResponse,
    (problem?: unknown) => {
      if (problem) throw problem as Error;
    },
  );
  return headers;
}

const ADDRESS_TOO_LONG = new ProxyError('address-too-long', {
  status: 414,
  statusText: `The address is longer than ${LONGEST_ADDRESS} characters.`,
  data: {},
});
const TOO_MANY_HEADERS = new ProxyError('headers-too-large', {
  status: 431,
  statusText: `There are more than ${MOST_HEADERS} headers.`,
  data: {},
});
const SEVERAL_HOSTS = new ProxyError('bad-request', {
  status: 400,
  statusText: 'There must be one Host header.',
  data: {},
});
