/** API keys: whose, which mode, and what a restricted one may do. */
import type { SandboxRequest } from '../core/http.ts';
import type { StripeRoute } from './context.ts';
import { StripeRefusal, unauthenticated } from './errors.ts';
import type { StripeWorld } from './world.ts';

export type StripeKey = {
  account: string;
  kind: 'secret' | 'publishable' | 'restricted';
  livemode: boolean;
  revoked: boolean;
  /** Of a restricted key: resources by their path segment, such as `payment_intents`. `write` holds `read`. */
  scopes: Record<string, 'read' | 'write'> | null;
};

/** By bearer token, or as the user of basic authentication. */
export function authenticate(world: StripeWorld, request: SandboxRequest): StripeKey {
  const [scheme = '', value = ''] = (request.headers['authorization'] ?? '').split(' ');
  const key = /^basic$/i.test(scheme) ? Buffer.from(value, 'base64').toString().split(':')[0] : value;
  if (!key) {
    throw unauthenticated(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  const known = world.keys.get(key);
  if (!known) throw unauthenticated(`Invalid API Key provided: ${maskKey(key)}`);
  if (known.revoked) throw unauthenticated(`Expired API Key provided: ${maskKey(key)}`, 'api_key_expired');
  return known;
}

export function authorize(key: StripeKey, route: StripeRoute): void {
  if (key.kind === 'publishable' && !route.publishable) {
    throw unauthenticated(
      'This API call cannot be made with a publishable API key. Please use a secret API key.',
      'secret_key_required',
    );
  }
  needScope(key, resourceOf(route), route.method === 'GET' ? 'read' : 'write');
}

/** What is opened in an answer is read. */
export function authorizeOpened(key: StripeKey, resources: string[]): void {
  for (const resource of resources) needScope(key, resource, 'read');
}

function needScope(key: StripeKey, resource: string, needed: 'read' | 'write'): void {
  if (!key.scopes) return;
  const granted = key.scopes[resource];
  if (granted === 'write' || granted === needed) return;
  const permission = `rak_${resource.replace(/s$/, '')}_${needed}`;
  const refusal = new StripeRefusal(403, {
    message: `The provided key does not have the required permissions for this endpoint on account '${key.account}'. Having the '${permission}' permission would allow this request to continue.`,
  });
  refusal.beforeExecution = true;
  throw refusal;
}

/** `/v1/payment_intents/:id/capture` to `payment_intents`. */
export const resourceOf = ({ path }: Pick<StripeRoute, 'path'>): string => {
  const [, , resource = ''] = path.split('/');
  return resource === 'account' ? 'accounts' : resource;
};

const maskKey = (key: string) =>
  `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;
