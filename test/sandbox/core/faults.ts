/** What goes wrong on the way between a service and its caller, whatever the endpoint. */
import type { Clock } from './clock.ts';
import type { SandboxResponse } from './http.ts';
import type { Scenarios } from './scenarios.ts';

export type Passage = {
  /** `METHOD /path/pattern`. */
  route: string;
  /** Do scenarios without a route of their own apply here? */
  byDefault: boolean;
  /** A call that changes something when it succeeds. */
  isCommand: boolean;
  /** Resolves when the caller has hung up. */
  gone: Promise<void> | undefined;
  /** The service's own way to refuse with a status. */
  refuse: (status: number) => SandboxResponse;
  /** The same answer, of another kind of thing. */
  anotherEntity?: () => SandboxResponse;
};

export async function passWithFaults(
  world: { scenarios: Scenarios; clock: Clock },
  passage: Passage,
  serve: () => Promise<SandboxResponse>,
): Promise<SandboxResponse> {
  const take = (name: string) => world.scenarios.takeFor(name, passage.route, passage.byDefault);

  const slow = take('slow');
  if (slow) await world.clock.sleep(Number(slow['ms']));
  if (take('hang')) {
    // Until then it counts among those under way.
    await passage.gone;
    return { ...EMPTY, delivery: 'never' };
  }
  if (take('reset-before')) return { ...EMPTY, delivery: 'reset' };
  if (take('rate-limited')) return passage.refuse(429);
  const refused = take('status');
  if (refused) return passage.refuse(Number(refused['code']));
  const empty = take('empty-error');
  if (empty) return { ...EMPTY, status: Number(empty['code']) };
  const html = take('html-error');
  if (html) return page(Number(html['code']));

  const response = await serve();
  if (response.status >= 400) return response;
  if (passage.isCommand && take('drop-after-commit')) return { ...response, delivery: 'reset' };
  if (take('reset-after')) return { ...response, delivery: 'reset' };
  if (take('truncate')) return { ...response, delivery: 'truncate' };
  if (take('malformed-transit')) return { ...response, body: response.body.slice(0, -3) };
  if (passage.anotherEntity && take('wrong-entity')) return passage.anotherEntity();
  return response;
}

const EMPTY: SandboxResponse = { status: 200, headers: {}, body: '' };

const page = (status: number): SandboxResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
});
