/**
 * For the web template's own server: hands the paths that touch money on to flex-payment-proxy. All other requests, and
 * these too while PAYMENT_PROXY_URL is not set, stay with that server.
 *
 * Copy this file beside server/index.js and add two lines there, the second directly above `app.use('/api', apiRouter)`:
 *
 *     const forwardPayments = require('./forwardPayments.cjs');
 *     app.use(forwardPayments(process.env.PAYMENT_PROXY_URL));
 */
const { randomUUID } = require('node:crypto');
const http = require('node:http');
const https = require('node:https');

const PATHS = [
  '/api/initiate-privileged',
  '/api/transition-privileged',
  '/api/transaction-line-items',
  '/api/delete-account',
];

/** Those that the template's server has not: only a client with payment-client.js asks for them. */
const OWN_PATHS = /^\/api\/(confirm-payment|payment-intents\/[\w-]{1,100})$/;

/** As Express matches a path: in any case, with or without a slash at its end. */
function isPaymentPath(path) {
  const plain = path.toLowerCase().replace(/\/$/, '');
  return PATHS.includes(plain) || OWN_PATHS.test(plain);
}

/** Longer than flex-payment-proxy takes for any request: it says more than we could when its time is up. */
const SILENCE_MS = 30_000;
const SILENCE = 'silence';

/** What concerns one connection only, and must not be handed on. */
const OF_ONE_CONNECTION = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** `address` is `https://payments.example.com` or, as some hosts name a private service, `payments:3500`. */
function forwardPayments(address) {
  if (!address) return (req, res, next) => next();
  const target = targetOf(address);
  const isTls = target.protocol === 'https:';
  const { request, Agent } = isTls ? https : http;
  // Connections are not kept: the other side may close a kept one just as a booking is sent down it.
  const agent = new Agent();

  return (req, res, next) => {
    if (!isPaymentPath(req.path)) {
      next();
      return;
    }
    const requestId = req.get('x-request-id') || randomUUID();
    const fail = failure => answerFailure(res, failure, requestId);
    if (req.readableEnded) {
      fail(BODY_IS_GONE);
      return;
    }

    let isConnected = false;
    let isAnswered = false;
    const outgoing = request(target, {
      agent,
      method: req.method,
      path: req.originalUrl,
      headers: requestHeaders(req, target, requestId),
      timeout: SILENCE_MS,
    });
    outgoing.on('socket', socket => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        isConnected = true;
      });
    });
    outgoing.on('response', incoming => {
      isAnswered = true;
      res.statusCode = incoming.statusCode;
      res.statusMessage = incoming.statusMessage;
      copyHeaders(incoming, res);
      incoming.pipe(res);
      // An answer that breaks off must not look like a whole one.
      incoming.on('error', () => res.destroy());
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(SILENCE)));
    outgoing.on('error', error => {
      if (isAnswered) return;
      // Nothing was sent before there was a connection.
      if (!isConnected) fail(UNREACHABLE);
      else fail(error.message === SILENCE ? NO_ANSWER : BROKEN_OFF);
    });
    res.on('close', () => {
      if (!res.writableFinished) outgoing.destroy();
    });
    req.pipe(outgoing);
  };
}

function targetOf(address) {
  const url = /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url) || new URL(url).pathname !== '/') {
    throw new Error(
      'PAYMENT_PROXY_URL must be an address without a path, such as https://payments.example.com',
    );
  }
  return new URL(url);
}

function requestHeaders(req, target, requestId) {
  const headers = withoutConnection(req.headers);
  const before = headers['x-forwarded-for'];
  const from = req.socket.remoteAddress;
  return {
    ...headers,
    // Hosts find the service by this name.
    host: target.host,
    'x-forwarded-for': before ? `${before}, ${from}` : from,
    'x-forwarded-proto': headers['x-forwarded-proto'] || req.protocol,
    'x-forwarded-host': headers['x-forwarded-host'] || req.headers.host,
    'x-request-id': requestId,
    // A body whose length nobody said is sent in pieces.
    ...(req.headers['transfer-encoding'] && { 'transfer-encoding': 'chunked' }),
  };
}

/** In place of what middleware before us has set; cookies beside it. */
function copyHeaders(incoming, res) {
  for (const [name, value] of Object.entries(withoutConnection(incoming.headers))) {
    if (name === 'set-cookie') res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
}

function withoutConnection(headers) {
  const named = (headers.connection || '').split(',').map(name => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !OF_ONE_CONNECTION.includes(name) && !named.includes(name)),
  );
}

const BODY_IS_GONE = {
  status: 500,
  code: 'payment-proxy-misplaced',
  statusText:
    'forwardPayments stands behind something that has read the body. Move it up in server/index.js.',
};
const UNREACHABLE = {
  status: 503,
  code: 'payment-proxy-unreachable',
  statusText: 'The payment service can not be reached. Nothing was done.',
};
const NO_ANSWER = {
  status: 504,
  code: 'payment-proxy-timeout',
  statusText: 'The payment service did not answer in time. Whether it was done is not known.',
};
const BROKEN_OFF = {
  status: 502,
  code: 'payment-proxy-broke-off',
  statusText: 'The connection to the payment service broke off. Whether it was done is not known.',
};

/** In the shape that the template's client reads. */
function answerFailure(res, { status, statusText, code }, requestId) {
  if (res.destroyed) return;
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Request-Id', requestId);
  res.end(
    JSON.stringify({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status,
      statusText,
      data: {},
      code,
      requestId,
    }),
  );
}

module.exports = forwardPayments;
module.exports.PATHS = PATHS;
