import { scenarioNames } from './scenarios.ts';
import { flexSeed, ROOT_URL, stripeSeed } from './seed/marketplace.ts';

/** Everything a stranger needs to point a client at the sandbox. The shape is a contract. */
export type SandboxInfo = {
  ready: boolean;
  rootUrl: string;
  flex: { baseUrl: string; assetCdnBaseUrl: string; clientId: string; clientSecret: string };
  integration: { baseUrl: string; clientId: string; clientSecret: string };
  stripe: { baseUrl: string; secretKey: string; publishableKey: string; webhookSecret: string };
  users: {
    id: string;
    role: 'customer' | 'provider';
    email: string;
    password: string;
    name: string;
    stripeAccount: 'healthy' | 'restricted' | null;
  }[];
  listings: {
    id: string;
    title: string;
    unitType: string;
    price: { amount: number; currency: string } | null;
    processAlias: string;
    providerId: string;
  }[];
  scenarios: string[];
  now: number;
};

type State = { ready: boolean; now: number; flexUrl: string; stripeUrl: string };

export function describeSandbox({ ready, now, flexUrl, stripeUrl }: State): SandboxInfo {
  const { secretKey, publishableKey, webhookSecret } = stripeSeed.platform;
  return {
    ready,
    rootUrl: ROOT_URL,
    flex: { baseUrl: flexUrl, assetCdnBaseUrl: flexUrl, ...flexSeed.application },
    integration: { baseUrl: flexUrl, ...flexSeed.integration },
    stripe: { baseUrl: stripeUrl, secretKey, publishableKey, webhookSecret },
    users: flexSeed.users.map(user => ({
      id: user.id,
      role: user.role,
      email: user.email,
      password: user.password,
      name: `${user.firstName} ${user.lastName}`,
      stripeAccount: user.account,
    })),
    listings: flexSeed.listings.map(listing => ({
      id: listing.id,
      title: listing.title,
      unitType: String(listing.publicData['unitType']),
      price: listing.price,
      processAlias: String(listing.publicData['transactionProcessAlias']),
      providerId: listing.authorId,
    })),
    scenarios: scenarioNames,
    now,
  };
}
