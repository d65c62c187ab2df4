import type { Request, Response } from 'express';
import flexSdk, { type TokenStore } from 'sharetribe-flex-sdk';
import { isToken } from './auth.ts';

type Options = { clientId: string; secureCookies: boolean };

/** The SDK's cookie, which the browser's SDK shares. One that can not be read is none. */
export function cookieStore(req: Request, res: Response, { clientId, secureCookies }: Options): TokenStore {
  const cookies = req.cookies as Record<string, string | undefined>;
  const name = `st-${clientId}-token`;
  const cookie = cookies[name];
  if (cookie !== undefined && !isReadable(cookie)) delete cookies[name];
  return flexSdk.tokenStore.expressCookieStore({ clientId, req, res, secure: secureCookies });
}

function isReadable(cookie: string): boolean {
  try {
    return isToken(JSON.parse(cookie));
  } catch {
    return false;
  }
}
