/** What must never be seen outside: by shape, and the sandbox's own values. */
import type { SandboxInfo } from '../sandbox/sandbox.ts';

const shapes = {
  'client secret of a PaymentIntent': /_secret_(?!\[redacted\])\w*/,
  'Stripe key': /\b[sr]k_(test|live)_\w+/,
  'webhook secret': /\bwhsec_\w+/,
  'access token': /\beyJ[\w-]+\.[\w-]+\.[\w-]*/,
  'refresh token': /\bv2--[0-9a-f-]{36}--\w+/,
};

export type SecretScan = (text: string, allowed?: (keyof typeof shapes)[]) => string[];

/** Returns what was found, by name; the value itself stays where it is. */
export function secretScan(info: SandboxInfo): SecretScan {
  const values = {
    'client secret of the application': info.flex.clientSecret,
    'client secret of the Integration API': info.integration.clientSecret,
    'secret key of Stripe': info.stripe.secretKey,
    'webhook secret of Stripe': info.stripe.webhookSecret,
    ...Object.fromEntries(info.users.map(user => [`password of ${user.name}`, user.password])),
  };
  return (text, allowed = []) => [
    ...Object.entries(shapes)
      .filter(([name, shape]) => !allowed.includes(name as keyof typeof shapes) && shape.test(text))
      .map(([name]) => name),
    ...Object.entries(values)
      .filter(([, value]) => text.includes(value))
      .map(([name]) => name),
  ];
}
