/**
 * The only way to Stripe: typed reads, each with a deadline, behind a breaker; what moves money is in `money.ts`. Stripe's errors end here, and what could
 * not be learnt is never taken for an answer.
 */
import Stripe from 'stripe';
import type { ProviderPayout } from '../domain/diagnosis/provider-payouts.ts';
import type { StripePaymentIntent } from '../domain/genuineness.ts';
import { judgePaymentIntentId } from '../domain/payment-intent.ts';
import type { UpstreamCall } from '../metrics.ts';
import type { StripeEventRecord } from '../domain/stripe-event.ts';
import { describeEvent } from './describe-event.ts';
import { describeIntent } from './describe-intent.ts';
import { intentsIn, payoutsIn } from './lists.ts';
import { createGuard, type Lookup } from './lookup.ts';
import { measuredHttp } from './measured.ts';
import { lackingPermissions, mayReadPayouts } from './permissions.ts';
import { createStripeLedger, type StripeLedger } from './ledger.ts';
import { createMoney, type Money } from './money.ts';
import { createdIn, endOf, PAGE, pageAfter, type Window } from './pages.ts';

export type { Lookup } from './lookup.ts';

export type StripeDoor = {
  /** The mode of our key. */
  livemode: boolean;
  /** As our key sees it. `secretDigest` is that of the client secret to compare with (see `digestOfSecret`). */
  paymentIntent(id: string, secretDigest?: string): Promise<Lookup<StripePaymentIntent>>;
  /** All with the transaction's id in their metadata that were made in the window, in milliseconds since the epoch. */
  paymentIntentsOf(
    transactionId: string,
    window: Window,
  ): Promise<Lookup<{ intents: StripePaymentIntent[]; isComplete: boolean }>>;
  /** Those that were made in the window, in milliseconds since the epoch, the newest first. `after` is the page's `next`. */
  events(window: Window, after?: string): Promise<Lookup<EventsPage>>;
  /** null on an account that has none. */
  newestPaymentIntentId(): Promise<Lookup<string | null>>;
  /** What Stripe's search knows of them. A hint only: it is behind by a minute or more. */
  searchHint(transactionId: string): Promise<Lookup<string[]>>;
  /** Whose key this is. */
  account(): Promise<Lookup<StripeAccount>>;
  connectedAccount(id: string): Promise<Lookup<StripeAccount>>;
  /** Of a connected account, made in the window, however they ended. */
  payouts(account: string, window: Window): Promise<Lookup<ProviderPayout[]>>;
  /** Found when our key may, for one of the connected accounts if there is any. */
  mayReadPayouts(): Promise<Lookup<unknown>>;
  webhookEndpoints(): Promise<Lookup<WebhookEndpoint[]>>;
  /** Of the permissions that the fallback needs, those that our key does not have. */
  lackingPermissions(): Promise<Lookup<string[]>>;
  /** Stripe's time, in milliseconds since the epoch. */
  time(): Promise<Lookup<number>>;
  /** It is left alone because it fails. */
  isResting(): boolean;
  /** What moves money. */
  money: Money;
  ledger: StripeLedger;
};

export type EventsPage = { events: StripeEventRecord[]; next: string | null };

export type StripeAccount = {
  id: string;
  country: string | null;
  chargesEnabled: boolean;
  payoutsEnabled: boolean;
  disabledReason: string | null;
};

export type WebhookEndpoint = { id: string; url: string; status: string; events: string[] };

const DEADLINE_MS = 5_000;
/** Pages that are looked through for one transaction: two thousand PaymentIntents in twenty minutes. */
const MOST_PAGES = 20;

/** `baseUrl` only for a Stripe that is not the real one. */
export function createStripeDoor(
  secretKey: string,
  baseUrl?: string | null,
  onCall: (call: UpstreamCall) => void = () => undefined,
): StripeDoor {
  const stripe = new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 0,
    httpClient: measuredHttp(onCall),
    timeout: DEADLINE_MS,
    ...addressOf(baseUrl),
  });
  const { ask, isResting } = createGuard();
  return {
    livemode: /^(sk|rk)_live_/.test(secretKey),
    paymentIntent(id, secretDigest) {
      // With an empty id the client would ask for the list of all, and take the list for the answer.
      if (!judgePaymentIntentId(id).valid)
        return Promise.resolve({ outcome: 'absent', inOtherMode: false } as const);
      return ask(async () => describeIntent(await stripe.paymentIntents.retrieve(id), secretDigest));
    },
    paymentIntentsOf: (transactionId, window) =>
      intentsIn(
        stripe,
        ask,
        window,
        data =>
          data
            .map(intent => describeIntent(intent))
            .filter(({ sharetribeTransactionId }) => sharetribeTransactionId === transactionId),
        { most: MOST_PAGES },
      ),
    events: (window, after) =>
      ask(async () => {
        const page = await stripe.events.list({ ...pageAfter(after), created: createdIn(window) });
        return { events: page.data.map(describeEvent), next: endOf(page) };
      }),
    newestPaymentIntentId: () =>
      ask(async () => (await stripe.paymentIntents.list({ limit: 1 })).data[0]?.id ?? null),
    searchHint: transactionId =>
      ask(async () => {
        const query = `metadata['sharetribe-transaction-id']:'${transactionId.replaceAll(/[^\w-]/g, '')}'`;
        const { data } = await stripe.paymentIntents.search({ query, limit: 10 });
        return data.map(({ id }) => id);
      }),
    account: () => ask(async () => describeAccount(await stripe.accounts.retrieveCurrent())),
    connectedAccount: id => ask(async () => describeAccount(await stripe.accounts.retrieve(id))),
    payouts: (account, window) =>
      payoutsIn(stripe, ask, account, window, describePayout, { most: MOST_PAGES }),
    mayReadPayouts: () => mayReadPayouts(stripe, ask),
    webhookEndpoints: () =>
      ask(async () => {
        const { data } = await stripe.webhookEndpoints.list({ limit: PAGE });
        return data.map(({ id, url, status, enabled_events: events }) => ({ id, url, status, events }));
      }),
    lackingPermissions: () => lackingPermissions(stripe, ask),
    money: createMoney(stripe, ask),
    ledger: createStripeLedger(stripe, ask),
    time: () =>
      ask(async () => {
        const { lastResponse } = await stripe.paymentIntents.list({ limit: 1 });
        return Date.parse(lastResponse.headers['date'] ?? '');
      }),
    isResting,
  };
}

function addressOf(baseUrl: string | null | undefined) {
  if (baseUrl === undefined || baseUrl === null) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  return { host: hostname, port, protocol: protocol === 'https:' ? ('https' as const) : ('http' as const) };
}

const describePayout = (payout: Stripe.Payout): ProviderPayout => ({
  id: payout.id,
  amount: payout.amount,
  currency: payout.currency,
  status: payout.status,
  created: payout.created,
  failureCode: payout.failure_code,
});

const describeAccount = (account: Stripe.Account): StripeAccount => ({
  id: account.id,
  country: account.country ?? null,
  chargesEnabled: account.charges_enabled,
  payoutsEnabled: account.payouts_enabled,
  disabledReason: account.requirements?.disabled_reason ?? null,
});
