/**
 * The SDK's one hook: its calls go out through our own HTTP, with deadline, breaker and limits, which it does not have.
 * A 401 does not come back to it: it would fetch an anonymous token and overwrite the user's cookie with it.
 */
import axios, { AxiosError, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import type { CallKind } from './errors.ts';
import type { Reply, Send } from './http.ts';

/** Flex did not take the token. */
export class Unauthorized extends Error {
  override name = 'Unauthorized';
  readonly reply: Reply;
  constructor(reply: Reply) {
    super('Flex did not take the token');
    this.reply = reply;
  }
}

export const createAdapter =
  (send: Send, kind: CallKind, signal: AbortSignal): AxiosAdapter =>
  async config => {
    const url = new URL(axios.getUri(config));
    const reply = await send({
      kind,
      method: config.method === 'post' ? 'POST' : 'GET',
      path: url.pathname + url.search,
      headers: headersOf(config),
      ...(typeof config.data === 'string' && { body: config.data }),
      signal,
    });
    if (reply.status === 401) throw new Unauthorized(reply);
    const response = {
      status: reply.status,
      statusText: reply.statusText,
      headers: reply.headers as Record<string, string>,
      data: reply.body.toString(),
      config,
    };
    if (config.validateStatus?.(reply.status) !== false) return response;
    throw new AxiosError('refused', undefined, undefined, undefined, response);
  };

const headersOf = (config: InternalAxiosRequestConfig): Record<string, string> =>
  Object.fromEntries(Object.entries(config.headers.toJSON()).map(([name, value]) => [name, String(value)]));
