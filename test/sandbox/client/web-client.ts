/**
 * The marketplace's web client as the proxy meets it: requests as the template's `src/util/api.js` sends them, session
 * in a cookie, and the SDK for what the browser asks of Flex itself.
 */
import flexSdk, { type Sdk, type Token } from 'sharetribe-flex-sdk';
import type { SandboxInfo } from '../sandbox.ts';

export type LocalApiAnswer = {
  status: number;
  headers: Headers;
  /** Decoded: transit on success, JSON on errors. */
  body: any;
  text: string;
};

export type WebClient = {
  /** `POST /api/<endpoint>`. */
  post(endpoint: string, body: unknown, options?: PostOptions): Promise<LocalApiAnswer>;
  /** The SDK with the same session. */
  sdk: BrowserSdk;
  cookies: Map<string, string>;
};

export type PostOptions = { headers?: Record<string, string>; rawBody?: string; verbose?: boolean };

/** Calls that the browser makes directly to Flex. */
export type BrowserSdk = Sdk & {
  login(params: { username: string; password: string }): Promise<unknown>;
  currentUser: { show(): Promise<{ data: any }> };
};

export const tokenCookie = (clientId: string) => `st-${clientId}-token`;

export function createWebClient(proxyUrl: string, info: SandboxInfo): WebClient {
  const cookies = new Map<string, string>();
  const cookieName = tokenCookie(info.flex.clientId);
  const sdk = flexSdk.createInstance({
    ...info.flex,
    tokenStore: {
      getToken: () => {
        const cookie = cookies.get(cookieName);
        return cookie === undefined ? undefined : (JSON.parse(decodeURIComponent(cookie)) as Token);
      },
      setToken: (token: Token) => void cookies.set(cookieName, encodeURIComponent(JSON.stringify(token))),
      removeToken: () => void cookies.delete(cookieName),
    },
  } as never) as BrowserSdk;

  return {
    sdk,
    cookies,
    async post(endpoint, body, options = {}) {
      const response = await fetch(`${proxyUrl}/api/${endpoint}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/transit+json',
          Origin: info.rootUrl,
          ...(cookies.size > 0 && {
            Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          }),
          ...options.headers,
        },
        body: options.rawBody ?? flexSdk.transit.write(body, { verbose: options.verbose ?? false }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair] = cookie.split(';') as [string];
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const text = await response.text();
      const isTransit = response.headers.get('content-type')?.startsWith('application/transit+json');
      return {
        status: response.status,
        headers: response.headers,
        body: isTransit ? flexSdk.transit.read(text) : JSON.parse(text),
        text,
      };
    },
  };
}

/** Signed in as the sandbox's user of that first name. */
export async function signedIn(
  world: { proxyUrl: string; info: SandboxInfo },
  firstName: string,
): Promise<WebClient> {
  const user = world.info.users.find(candidate => candidate.name.startsWith(`${firstName} `))!;
  const client = createWebClient(world.proxyUrl, world.info);
  await client.sdk.login({ username: user.email, password: user.password });
  return client;
}
