import type { ErrorRequestHandler, RequestHandler } from 'express';
import { localApiError, ProxyError } from '../../domain/errors.ts';
import { ownValue } from '../../domain/own-value.ts';
import { requestIdOf, requestLogOf } from './request-log.ts';

/** The one place where an error becomes an answer. */
export const errorHandler: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const known = asProxyError(error);
  const { code, status, outcome, data, retryAfterSeconds } = known;
  const line = { code, status, outcome, flexCodes: flexCodesIn(data) };
  // Whoever is turned away because there is too much to do is no failure of its own.
  if (status >= 500 && code !== 'overloaded')
    requestLogOf(res).error({ ...line, err: known }, 'request failed');
  else requestLogOf(res).info(line, 'request failed');
  if (retryAfterSeconds !== undefined) res.set('Retry-After', String(retryAfterSeconds));
  res.status(status).json(localApiError(known, requestIdOf(res)));
};

/** Flex's own error codes, such as `stripe-missing-api-key`: half of a diagnosis. */
function flexCodesIn(data: unknown): string[] | undefined {
  const errors = ownValue(data, 'errors');
  return Array.isArray(errors) ? errors.map(error => String(ownValue(error, 'code'))) : undefined;
}

export const notFound: RequestHandler = () => {
  throw new ProxyError('not-found', {
    status: 404,
    statusText: 'There is nothing at this address.',
    data: {},
  });
};

/** Where no marketplace application is set: whoever sends bookings here has to be told why they do not work. */
export const onlyLooksOn: RequestHandler = () => {
  throw new ProxyError('only-looks-on', {
    status: 503,
    statusText: 'This service only looks on: it has no marketplace application to call Flex with.',
    data: {},
  });
};

/** For an address that exists and a method that it does not have. */
export const methodNotAllowed =
  (allowed: string): RequestHandler =>
  (_req, res) => {
    res.set('Allow', allowed);
    throw new ProxyError('method-not-allowed', {
      status: 405,
      statusText: `Only ${allowed} is possible here.`,
      data: {},
    });
  };

function asProxyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error;
  // Express's own refusals, such as a path that it can not decode.
  const status = Error.isError(error) ? (error as { status?: unknown }).status : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ProxyError('bad-request', { status, statusText: 'The request can not be read.', data: {} });
  }
  return new ProxyError('internal', {
    status: 500,
    statusText: 'Something went wrong in the proxy.',
    data: {},
    cause: error,
  });
}
