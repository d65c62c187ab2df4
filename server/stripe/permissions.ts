/** What the fallback does at Stripe, as permissions of a restricted key, and which of them a key lacks. */
import Stripe from 'stripe';
import type { Guard, Lookup } from './lookup.ts';

type Permission = {
  /** As the Dashboard has it. */
  name: string;
  resource: string;
  access: 'read' | 'write';
  /** Asks for what is not there: without the permission Stripe refuses before it looks. `account`: a connected one, if any is known. */
  probe(stripe: Stripe, account: { stripeAccount?: string }): Promise<unknown>;
};

/** Well-formed, and nobody's. */
const nobodys = (prefix: string) => `${prefix}_3SelfTestOfTheProxy01aB`;

export const fallbackPermissions: Permission[] = [
  {
    name: 'PaymentIntents: write',
    resource: 'payment_intents',
    access: 'write',
    probe: stripe => stripe.paymentIntents.cancel(nobodys('pi')),
  },
  {
    name: 'Charges: read',
    resource: 'charges',
    access: 'read',
    probe: (stripe, account) => stripe.charges.retrieve(nobodys('ch'), {}, account),
  },
  {
    name: 'Refunds: write',
    resource: 'refunds',
    access: 'write',
    probe: stripe => stripe.refunds.create({ payment_intent: nobodys('pi') }),
  },
  {
    name: 'Transfers: read',
    resource: 'transfers',
    access: 'read',
    probe: stripe => stripe.transfers.retrieve(nobodys('tr')),
  },
  {
    name: 'Balance transactions: read',
    resource: 'balance_transactions',
    access: 'read',
    probe: (stripe, account) => stripe.balanceTransactions.retrieve(nobodys('txn'), {}, account),
  },
  {
    name: 'Payouts: write',
    resource: 'payouts',
    access: 'write',
    probe: (stripe, account) => stripe.payouts.cancel(nobodys('po'), {}, account),
  },
  {
    name: 'Accounts: read',
    resource: 'accounts',
    access: 'read',
    probe: stripe => stripe.accounts.list({ limit: 1 }),
  },
];

/** Names of those that the key lacks. Nothing is changed by it. Unknown as a whole when one could not be tried. */
export async function lackingPermissions(stripe: Stripe, ask: Guard['ask']): Promise<Lookup<string[]>> {
  const account = await anyConnected(stripe, ask);
  const tried = await Promise.all(
    fallbackPermissions.map(async ({ name, probe }) => ({
      name,
      lookup: await ask(() => probe(stripe, account).catch(mayAsk)),
    })),
  );
  const untold = tried.find(
    ({ lookup }) => lookup.outcome === 'unknown' && lookup.trouble !== 'not-permitted',
  );
  if (untold?.lookup.outcome === 'unknown') return untold.lookup;
  return {
    outcome: 'found',
    value: tried.filter(({ lookup }) => lookup.outcome === 'unknown').map(({ name }) => name),
  };
}

/** As it is asked for the payouts of a provider. */
export async function mayReadPayouts(stripe: Stripe, ask: Guard['ask']): Promise<Lookup<unknown>> {
  const account = await anyConnected(stripe, ask);
  return ask(() => stripe.payouts.list({ limit: 1 }, account));
}

/** Options of a call for a connected account; for our own where none is known. */
async function anyConnected(stripe: Stripe, ask: Guard['ask']): Promise<{ stripeAccount?: string }> {
  const connected = await ask(async () => (await stripe.accounts.list({ limit: 1 })).data[0]?.id);
  return connected.outcome === 'found' && connected.value !== undefined
    ? { stripeAccount: connected.value }
    : {};
}

/** Whoever is told that there is no such thing was allowed to ask. */
function mayAsk(error: unknown): null {
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return null;
  throw error;
}
