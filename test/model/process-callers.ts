/** Callers of a sandbox without sockets: tokens, transit, and the customer's browser at Stripe. */
import flexSdk from 'sharetribe-flex-sdk';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { PaymentIntent } from '../sandbox/stripe/payment-intents/entity.ts';
import type { Caller } from './process-model.ts';

/** The SDK has no types worth the name. */
type AnySdk = any;
const { transit } = flexSdk as AnySdk;
export const { types } = flexSdk as AnySdk;

export function createCallers(sandbox: Sandbox) {
  const info = sandbox.info();
  const tokens = new Map<string, string>();

  const form = async (fields: Record<string, string>): Promise<string> => {
    const { body } = await sandbox.flexService({
      method: 'POST',
      path: '/v1/auth/token',
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
    return (JSON.parse(body) as { access_token: string }).access_token;
  };

  const nameOf = (caller: Caller) =>
    caller.kind === 'operator' ? 'operator' : `${caller.id} ${caller.trusted ? 'trusted' : 'user'}`;

  return {
    async signIn(): Promise<void> {
      const { clientId, clientSecret } = info.flex;
      for (const { id, email, password } of info.users) {
        const user = await form({
          client_id: clientId,
          grant_type: 'password',
          scope: 'user',
          username: email,
          password,
        });
        const trusted = await form({
          client_id: clientId,
          client_secret: clientSecret,
          grant_type: 'token_exchange',
          subject_token: user,
        });
        tokens.set(`${id} user`, user);
        tokens.set(`${id} trusted`, trusted);
      }
      const { integration } = info;
      tokens.set(
        'operator',
        await form({
          client_id: integration.clientId,
          client_secret: integration.clientSecret,
          grant_type: 'client_credentials',
          scope: 'integ',
        }),
      );
    },

    async call(
      caller: Caller,
      command: string,
      body: unknown,
    ): Promise<{ status: number; code: string; id: string }> {
      const api = caller.kind === 'operator' ? 'integration_api' : 'api';
      const response = await sandbox.flexService({
        method: 'POST',
        path: `/v1/${api}/transactions/${command}`,
        query: new URLSearchParams(),
        headers: {
          'content-type': 'application/transit+json',
          authorization: `Bearer ${tokens.get(nameOf(caller))}`,
        },
        body: transit.write(body),
      });
      const answer = transit.read(response.body);
      return { status: response.status, code: answer.errors?.[0]?.code, id: answer.data?.id?.uuid };
    },

    /** Confirms with a card, and passes the bank's question where there is one. */
    async confirmAtStripe(intent: PaymentIntent, card: string): Promise<boolean> {
      const { status } = await sandbox.stripeService({
        method: 'POST',
        path: `/v1/payment_intents/${intent.id}/confirm`,
        query: new URLSearchParams(),
        headers: {
          authorization: `Bearer ${info.stripe.publishableKey}`,
          'content-type': 'application/x-www-form-urlencoded',
          'stripe-version': '2026-10-28.endive',
        },
        body: new URLSearchParams({ client_secret: intent.clientSecret, payment_method: card }).toString(),
      });
      if (intent.status === 'requires_action') {
        await sandbox.flexService({
          method: 'POST',
          path: '/sandbox/stripe/authenticate',
          query: new URLSearchParams(),
          headers: {},
          body: JSON.stringify({ paymentIntent: intent.id, passed: true }),
        });
      }
      return status === 200;
    },
  };
}
