/** One call at a time may change an object; another that comes meanwhile is turned away, and may be tried again. */
import type { StripeCall } from './context.ts';
import { StripeRefusal } from './errors.ts';

export async function whileLocked<T>(
  { world, path }: Pick<StripeCall, 'world' | 'path'>,
  work: () => Promise<T>,
): Promise<T> {
  const id = path['id'];
  if (id === undefined) return work();
  if (world.locked.has(id)) throw lockTimeout();
  world.locked.add(id);
  try {
    return await work();
  } finally {
    world.locked.delete(id);
  }
}

export const lockTimeout = () =>
  new StripeRefusal(429, {
    code: 'lock_timeout',
    message:
      'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. ' +
      'If you see this error intermittently, retry the request.',
  });
