import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { ProxyError } from '../../domain/errors.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The session travels in a cookie, which a browser also attaches to what a foreign page sends. So who may change
 * something is decided by what the browser itself says of the page: `Origin` and `Sec-Fetch-Site`, which no page can
 * set or leave out.
 *
 * Listed origins may call from elsewhere on the same site, with CORS headers; the address that was called may always
 * call itself, as it does when a reverse proxy puts this service under the marketplace's own address.
 */
export function originGuard(listed: readonly string[]): RequestHandler {
  const origins = new Set(listed);
  return (req, res, next) => {
    res.setHeader('Vary', 'Origin');
    const { origin } = req.headers;
    if (origin !== undefined && origins.has(origin)) allowReading(res, origin);
    if (SAFE_METHODS.has(req.method)) {
      if (isPreflight(req.method, req.headers)) return answerPreflight(req.headers, origins, res);
      return next();
    }
    if (!mayChange(req.headers, origins)) throw refusal;
    next();
  };
}

/** Whether a request that may change something comes from where it may. In doubt it does not. */
function mayChange(headers: IncomingHttpHeaders, listed: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (origin === undefined) {
    // Browsers send Origin with every cross-origin request that is not a plain GET, and ours can not be sent without
    // CORS: no form has our media type. What has neither header is no browser, so there is no cookie of a stranger's
    // to be ridden: curl and servers have only the session that they were given.
    return site === undefined || site === 'same-origin';
  }
  if (listed.has(origin)) return site === undefined || site === 'same-origin' || site === 'same-site';
  return isSelf(origin, host) && (site === undefined || site === 'same-origin');
}

/**
 * TLS most often ends in front of us, so the scheme is not known; browsers compare it when they tell the site. A page
 * that points its own name at our address is itself too, and has no cookie of the marketplace.
 */
const isSelf = (origin: string, host: string | undefined) =>
  host !== undefined && (origin === `https://${host}` || origin === `http://${host}`);

const isPreflight = (method: string, headers: IncomingHttpHeaders) =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;

function allowReading(res: Response, origin: string): void {
  res.setHeader('Access-Control-Allow-Origin', origin);
  res.setHeader('Access-Control-Allow-Credentials', 'true');
  res.setHeader('Access-Control-Expose-Headers', EXPOSED);
}

const EXPOSED = 'X-Request-Id, X-Payment-Intent-Verdict, X-Payment-Intent-Source, Retry-After';

function answerPreflight(headers: IncomingHttpHeaders, listed: ReadonlySet<string>, res: Response): void {
  if (!listed.has(headers.origin!)) throw refusal;
  // A listed origin may send what it likes: error trackers add headers of their own.
  const wanted = headers['access-control-request-headers'];
  if (wanted !== undefined) res.setHeader('Access-Control-Allow-Headers', wanted);
  res.setHeader('Vary', 'Origin, Access-Control-Request-Headers');
  res.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  res.setHeader('Access-Control-Max-Age', '600');
  res.status(204).end();
}

const refusal = new ProxyError('origin-refused', {
  status: 403,
  statusText:
    "This page may not call this service. It must be the marketplace's own, on the same site, and its origin must be in REACT_APP_MARKETPLACE_ROOT_URL or CORS_ORIGINS.",
  data: {},
});
