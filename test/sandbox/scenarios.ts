/** Everything that can be made to go wrong, by name. What each does is said here once: for the control surface and the README. */
import type { Scenario } from './core/scenarios.ts';

export type ScenarioKind = {
  does: string;
  /** Options besides `times` and `route`, and what holds when they are left out. */
  defaults?: Partial<Scenario>;
};

export const scenarioKinds: Record<string, ScenarioKind> = {
  healthy: { does: 'ends all others' },

  // What Flex says of a PaymentIntent.
  'uuid-payment-intents': { does: 'a real initiate answers with two UUIDs; nothing exists at Stripe' },
  'uuid-over-real': {
    does: 'a real PaymentIntent exists at Stripe, and the answer hides it behind two UUIDs',
  },
  'missing-payment-intents': {
    does: 'a real initiate answers without `stripePaymentIntents`; nothing exists at Stripe',
  },
  'missing-default': {
    does: 'a real PaymentIntent exists at Stripe; `stripePaymentIntents` comes without `default`',
  },
  'secret-mismatch': { does: 'the client secret is that of another PaymentIntent' },
  'foreign-payment-intents': { does: 'id and secret are well-formed and belong to another Stripe account' },
  'other-mode': { does: "Flex holds a live key: the PaymentIntent is real, and not in our key's mode" },
  'late-payment-intent': {
    does: 'the answer comes without a PaymentIntent; Flex makes it `ms` later',
    defaults: { ms: 30_000 },
  },

  // Why Flex can not make one.
  'stripe-not-configured': { does: 'no Stripe key in Console: 409 `stripe-missing-api-key`' },
  'stripe-key-revoked': { does: "Flex's Stripe key was revoked: 402 with Stripe's `api_key_expired`" },
  'provider-restricted': { does: "Stripe restricts the provider's account: 402 with its words" },
  'provider-without-account': {
    does: 'the provider has no Stripe account: 409 `transaction-missing-stripe-account`',
  },
  'payment-failed': {
    does: 'Stripe declines: 402 `transaction-payment-failed`',
    defaults: { code: 'card_declined' },
  },
  locked: {
    does: 'another transition is under way: 409 `transaction-locked`; with a `route` of Stripe: 429 `lock_timeout`',
  },

  // What Flex remembers.
  'stale-read': { does: 'reads answer with what was true `ms` ago', defaults: { ms: 5_000 } },
  'event-lag': { does: 'the event feed is `ms` behind', defaults: { ms: 10_000 } },

  // Sessions.
  'expired-token': { does: 'the access token has just expired: 401' },
  'refresh-rotates': { does: 'each refresh gives a new refresh token, and the old one is dead' },
  'anonymous-token-fails-once': {
    does: 'the next anonymous token is refused with 503',
    defaults: { times: 1 },
  },

  // On the way. Without a `route` they meet every call of the Marketplace and Integration API.
  slow: { does: 'answers `ms` later', defaults: { ms: 1_000 } },
  hang: { does: 'never answers' },
  status: { does: 'refuses with `code` before anything is done', defaults: { code: 500 } },
  'rate-limited': { does: '429 `too-many-requests`' },
  'empty-error': { does: 'answers `code` with an empty body', defaults: { code: 502 } },
  'html-error': {
    does: 'answers `code` with a page of HTML, as a proxy in between does',
    defaults: { code: 502 },
  },
  'reset-before': { does: 'breaks the connection before anything is done' },
  'reset-after': { does: 'does it, and breaks the connection before the answer' },
  'drop-after-commit': { does: 'carries a command out, and breaks the connection before the answer' },
  truncate: { does: 'does it, and breaks the connection in the middle of the answer' },
  'malformed-transit': { does: 'does it, and answers 200 with transit that can not be read' },
  'wrong-entity': { does: 'does it, and answers 200 with another thing than was asked for' },

  // Stripe's own. Without a `route` they meet every POST with an idempotency key.
  'saved-500': { does: 'Stripe does it, answers 500, and remembers that answer under the key' },
  'slow-commit': { does: 'Stripe does it `ms` after it was asked', defaults: { ms: 1_000 } },
  'in-flight-409': { does: '409 `idempotency_key_in_use`' },
  'payout-fails': {
    does: 'the bank sends a payout back two days after it was paid, with `code`',
    defaults: { code: 'account_closed' },
  },
  'search-stale': {
    does: "Stripe's search does not see what is younger than `ms`",
    defaults: { ms: 3_600_000 },
  },

  // Webhooks.
  'webhooks-duplicated': { does: 'each event is delivered twice' },
  'webhooks-shuffled': {
    does: 'events wait until `count` are together and come in any order',
    defaults: { count: 4 },
  },
  'webhooks-delayed': { does: 'events are delivered `ms` late', defaults: { ms: 60_000 } },
  'webhooks-dropped': { does: 'events are not delivered at all' },
};

export const scenarioNames = Object.keys(scenarioKinds);
