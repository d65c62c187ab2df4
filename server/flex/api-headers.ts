import { USER_AGENT } from './auth.ts';

/** Of a call to the Marketplace API. Verbose transit is plain JSON, which can be looked at and passed on as it came. */
export const apiHeaders = (accessToken: string) => ({
  accept: 'application/transit+json',
  'x-transit-verbose': 'true',
  authorization: `Bearer ${accessToken}`,
  'user-agent': USER_AGENT,
});
