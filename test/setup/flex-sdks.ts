/** The real clients, pointed at a sandbox. */
import integrationSdk from 'sharetribe-flex-integration-sdk';
import flexSdk from 'sharetribe-flex-sdk';
import Stripe from 'stripe';
import type { SandboxInfo } from '../sandbox/sandbox.ts';

/** The SDKs have no types worth the name for what tests ask of them. */
type AnySdk = any;

export const { types } = flexSdk as AnySdk;

export function anonymousSdk(
  info: SandboxInfo,
  tokenStore: AnySdk = (flexSdk as AnySdk).tokenStore.memoryStore(),
): AnySdk {
  return (flexSdk as AnySdk).createInstance({ ...info.flex, tokenStore });
}

/** Signed in as the user of that first name; `trusted` makes privileged transitions. */
export async function userSdks(
  info: SandboxInfo,
  firstName: string,
): Promise<{ sdk: AnySdk; trusted: AnySdk; tokenStore: AnySdk; user: SandboxInfo['users'][number] }> {
  const user = info.users.find(candidate => candidate.name.startsWith(`${firstName} `))!;
  const tokenStore = (flexSdk as AnySdk).tokenStore.memoryStore();
  const sdk = anonymousSdk(info, tokenStore);
  await sdk.login({ username: user.email, password: user.password });
  const trustedStore = (flexSdk as AnySdk).tokenStore.memoryStore();
  trustedStore.setToken((await sdk.exchangeToken()).data);
  return { sdk, trusted: anonymousSdk(info, trustedStore), tokenStore, user };
}

export const operatorSdk = (info: SandboxInfo): AnySdk =>
  (integrationSdk as AnySdk).createInstance(info.integration);

export function stripeClient(
  info: SandboxInfo,
  key = info.stripe.secretKey,
  options: Stripe.StripeConfig = {},
): Stripe {
  const { hostname, port } = new URL(info.stripe.baseUrl);
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...options,
  });
}

/** What a customer orders of the lakeside cabin, as the server sends it. */
export const cabinOrder = (info: SandboxInfo, overrides: Record<string, unknown> = {}) => ({
  processAlias: 'default-booking/release-1',
  transition: 'transition/request-payment',
  params: {
    listingId: new types.UUID(info.listings[0]!.id),
    bookingStart: new Date(Date.UTC(2030, 0, 10)),
    bookingEnd: new Date(Date.UTC(2030, 0, 13)),
    protectedData: { unitType: 'night' },
    lineItems: [
      {
        code: 'line-item/night',
        unitPrice: new types.Money(5000, 'EUR'),
        quantity: 3,
        includeFor: ['customer', 'provider'],
      },
      {
        code: 'line-item/provider-commission',
        unitPrice: new types.Money(15000, 'EUR'),
        percentage: -10,
        includeFor: ['provider'],
      },
    ],
    ...overrides,
  },
});

/** The status and code with which a call was refused. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ status: number; code: string | undefined; data: any }> {
  try {
    await work;
  } catch (error) {
    const { status, data } = error as { status: number; data: any };
    return { status, code: data?.errors?.[0]?.code, data };
  }
  throw new Error('It was not refused');
}

/** What Stripe's client makes of a refusal. */
export async function stripeRefusalOf(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('It was not refused by Stripe', { cause: error });
}
