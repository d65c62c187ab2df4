/**
 * Nothing but loopback can be reached from a test, whichever client tries: they all come by here. A library that mocks HTTP stands
 * before every request instead, which is a third of what a test of many requests costs.
 */
import { Socket } from 'node:net';

const LOOPBACK = new Set(['127.0.0.1', '::1', '[::1]', 'localhost']);

type Arguments = Parameters<Socket['connect']>;

/** Undefined for a socket that is a file. */
function hostOf(given: unknown[]): string | undefined {
  // Node's own clients have put them in order already.
  const [to, host] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given;
  if (typeof to === 'object' && to !== null) {
    const { path, host: named = 'localhost' } = to as { path?: string; host?: string };
    return typeof path === 'string' ? undefined : named;
  }
  if (typeof to === 'string' && !/^\d+$/.test(to)) return undefined;
  return typeof host === 'string' ? host : 'localhost';
}

// oxlint-disable-next-line typescript/unbound-method -- put back as it was
const { connect } = Socket.prototype;

Socket.prototype.connect = function guarded(this: Socket, ...given: Arguments) {
  const host = hostOf(given);
  if (host === undefined || LOOPBACK.has(host)) return connect.apply(this, given);
  process.nextTick(() => this.destroy(new Error(`A test may reach loopback alone, and not ${host}`)));
  return this;
} as typeof connect;

// The process goes on to other test files.
afterAll(() => {
  Socket.prototype.connect = connect;
});
