/** The running service, asked over HTTP as an operator. */
import { ownValue } from '../../server/domain/own-value.ts';
import { UsageError } from './command.ts';

export type Operators = {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  remove<T>(path: string): Promise<T>;
  /** What is no JSON, and a header beside it. */
  text(path: string, header: string): Promise<{ text: string; header: string | null }>;
  /** Page after page, as far as somebody reads. */
  all<T>(path: string, query?: Query): AsyncGenerator<T>;
};

type Query = Record<string, string | number | undefined>;
type Change = { method: 'POST' | 'DELETE'; body?: object };

/** Stripe's events of a day may take a while. */
const DEADLINE_MS = 120_000;

export function operatorsAt(url: string, token: string): Operators {
  const ask = async (path: string, query: Query = {}, change?: Change): Promise<Response> => {
    const wanted = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(wanted.map(([name, value]) => [name, String(value)]));
    let response: Response;
    try {
      response = await fetch(`${url}${path}?${search}`, {
        headers: {
          authorization: `Bearer ${token}`,
          ...(change?.body && { 'content-type': 'application/json' }),
        },
        ...(change && { method: change.method }),
        ...(change?.body && { body: JSON.stringify(change.body) }),
        // Elsewhere the token has no business.
        redirect: 'manual',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch {
      throw new UsageError(`nothing answers at ${url}: start the service, or correct PROXY_URL`);
    }
    if (response.ok) return response;
    const answer: unknown = await response.json().catch(() => null);
    const problem = ownValue(answer, 'statusText');
    if (typeof problem !== 'string') throw new UsageError(`what answers at ${url} is another service`);
    if (response.status === 401)
      throw new UsageError(`the service at ${url} does not take the first of OPERATOR_TOKENS`);
    if (response.status === 404 && ownValue(answer, 'code') === 'not-found')
      throw new UsageError(
        `the service at ${url} has no ${path}: it was started without OPERATOR_TOKENS, or is older`,
      );
    throw new UsageError(`the service says: ${problem}`);
  };
  const get = async <T>(path: string, query?: Query) => (await (await ask(path, query)).json()) as T;
  return {
    get,
    async post<T>(path: string, body: object) {
      return (await (await ask(path, {}, { method: 'POST', body })).json()) as T;
    },
    async remove<T>(path: string) {
      return (await (await ask(path, {}, { method: 'DELETE' })).json()) as T;
    },
    async text(path, header) {
      const response = await ask(path);
      return { text: await response.text(), header: response.headers.get(header) };
    },
    async *all<T>(path: string, query: Query = {}) {
      let cursor: string | undefined;
      do {
        const page: { items: T[]; next: string | null } = await get(path, {
          limit: 100,
          ...query,
          ...(cursor !== undefined && { cursor }),
        });
        yield* page.items;
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
    },
  };
}
