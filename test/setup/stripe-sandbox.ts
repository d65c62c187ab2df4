/** Stripe's real client on a sandbox without sockets, whose clock stands still. */
import Stripe from 'stripe';
import { asFetch, type SandboxRequest, type SandboxResponse } from '../sandbox/core/http.ts';
import { createSandbox, type SandboxOptions } from '../sandbox/sandbox.ts';

/** The two providers of the seed. */
export const HEALTHY = 'acct_1SbxPetraHealthy';
export const RESTRICTED = 'acct_1SbxRicoRestrict';

export const DAY = 86_400_000;

const cards = ['card' as const];

/** PaymentIntents by card: held until captured, and paid at once. */
export const held = {
  amount: 1099,
  currency: 'eur',
  capture_method: 'manual',
  allowed_payment_method_types: cards,
} satisfies Stripe.PaymentIntentCreateParams;
export const atOnce = {
  amount: 1099,
  currency: 'eur',
  capture_method: 'automatic',
  allowed_payment_method_types: cards,
} satisfies Stripe.PaymentIntentCreateParams;
export const paid = { payment_method: 'pm_card_visa', confirm: true } as const;

/** A destination charge, as Flex makes them. */
export const toProvider = {
  on_behalf_of: HEALTHY,
  transfer_data: { destination: HEALTHY },
  application_fee_amount: 99,
} as const;

export type Exchange = { request: SandboxRequest; response: SandboxResponse };

export function startStripe(options: SandboxOptions = {}) {
  const exchanges: Exchange[] = [];
  const sandbox = createSandbox({ frozenAt: Date.UTC(2026, 5, 1), ...options });
  const service = async (request: SandboxRequest) => {
    const response = await sandbox.stripeService(request);
    exchanges.push({ request, response });
    return response;
  };
  const client = (key = sandbox.info().stripe.secretKey, config: Stripe.StripeConfig = {}) =>
    new Stripe(key, {
      host: 'stripe.sandbox',
      protocol: 'http',
      httpClient: Stripe.createFetchHttpClient(asFetch(service)),
      maxNetworkRetries: 0,
      telemetry: false,
      ...config,
    });
  return {
    sandbox,
    client,
    stripe: client(),
    /** Everything that went to and fro, oldest first. */
    exchanges,
    /** What no client sends of itself. */
    ask: (method: string, path: string, body = '', headers: Record<string, string> = {}) => {
      const [pathname = '', query = ''] = path.split('?');
      return service({
        method,
        path: pathname,
        query: new URLSearchParams(query),
        headers: { authorization: `Bearer ${sandbox.info().stripe.secretKey}`, ...headers },
        body,
      });
    },
    /** Through the control surface, as a stranger would. */
    control: async (path: string, body: unknown): Promise<any> => {
      const { status, body: text } = await sandbox.flexService({
        method: 'POST',
        path: `/sandbox/${path}`,
        query: new URLSearchParams(),
        headers: {},
        body: JSON.stringify(body),
      });
      if (status !== 200) throw new Error(text);
      return JSON.parse(text);
    },
    eventTypes: () => sandbox.stripe().events.map(event => event.type),
    reset: () => {
      sandbox.reset();
      exchanges.length = 0;
    },
  };
}

/** How Stripe's client says that a call was refused. */
export async function failureOf(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await work;
  } catch (error) {
    return error as Stripe.errors.StripeError;
  }
  throw new Error('It did not fail');
}
