/** Stripe's side: key, account, permissions, webhook; and the clock. */
import type { Lookup, StripeDoor } from '../../server/stripe/door.ts';
import type { World } from '../lib/world.ts';
import { bad, good, unknown, type Line } from './line.ts';

const KEYS = 'Stripe Dashboard > Developers > API keys';

export async function stripeLines(world: World): Promise<Line[]> {
  const { stripe } = world;
  if (!stripe) {
    return [
      unknown('Stripe key', 'none is set', {
        mend: `STRIPE_SECRET_KEY lets verification ask Stripe (${KEYS}).`,
        optional: true,
      }),
    ];
  }
  const [account, intents, payouts, webhooks] = await Promise.all([
    stripe.account(),
    stripe.newestPaymentIntentId(),
    stripe.mayReadPayouts(),
    stripe.webhookEndpoints(),
  ]);
  return [
    keyLine(stripe, account, intents),
    ...permissionLines(account, intents, payouts),
    ...publishableLine(world, stripe),
    webhookLine(world, webhooks),
    ...(await clockLine(world, stripe)),
  ];
}

function keyLine(stripe: StripeDoor, account: Lookup<{ id: string }>, intents: Lookup<string | null>): Line {
  const mode = stripe.livemode ? 'live' : 'test';
  const troubles = [account, intents].flatMap(lookup =>
    lookup.outcome === 'unknown' ? [lookup.trouble] : [],
  );
  if (troubles.includes('key-refused'))
    return bad('Stripe key', 'Stripe does not take it', {
      mend: `It was rolled or mistyped: copy the current one (${KEYS}).`,
    });
  if (account.outcome === 'found') return good('Stripe key', `${mode} mode, account ${account.value.id}`);
  return troubles.includes('unavailable')
    ? unknown('Stripe key', 'Stripe did not answer', { mend: 'Try again; see status.stripe.com.' })
    : good('Stripe key', `${mode} mode; the account may not be read with it`);
}

const isForbidden = (lookup: Lookup<unknown>) =>
  lookup.outcome === 'unknown' && lookup.trouble === 'not-permitted';

function permissionLines(
  account: Lookup<unknown>,
  intents: Lookup<unknown>,
  payouts: Lookup<unknown>,
): Line[] {
  if (isForbidden(intents)) {
    return [
      bad('Stripe permissions', 'the key may not read PaymentIntents', {
        mend: 'Give the restricted key PaymentIntents: read (write for the fallback).',
      }),
    ];
  }
  if (intents.outcome !== 'found') return [];
  const more = [
    { lookup: account, name: 'Connect: read', tells: 'whose provider is restricted' },
    { lookup: payouts, name: 'Payouts: read', tells: 'that a payout came back' },
  ];
  const lacks = more.filter(({ lookup }) => isForbidden(lookup));
  if (lacks.length === 0)
    return [good('Stripe permissions', 'PaymentIntents: read, Connect: read, Payouts: read')];
  return [
    unknown('Stripe permissions', `PaymentIntents: read; not ${lacks.map(({ name }) => name).join(', ')}`, {
      mend: lacks.map(({ name, tells }) => `With ${name} it can also say ${tells}.`).join(' '),
      optional: true,
    }),
  ];
}

/** The web client's key is public, and must be of the same mode. */
function publishableLine({ environment }: World, stripe: StripeDoor): Line[] {
  const key = environment['REACT_APP_STRIPE_PUBLISHABLE_KEY']?.trim();
  if (!key) return [];
  const isLive = key.startsWith('pk_live_');
  if (!isLive && !key.startsWith('pk_test_'))
    return [
      bad('publishable key', 'REACT_APP_STRIPE_PUBLISHABLE_KEY is none', {
        mend: `It begins with pk_ (${KEYS}).`,
      }),
    ];
  return [
    isLive === stripe.livemode
      ? good('publishable key', 'of the same mode')
      : bad('publishable key', `it is for ${isLive ? 'live' : 'test'} payments, and the secret key is not`, {
          mend: 'Use keys of one mode.',
        }),
  ];
}

type Endpoints = Lookup<{ url: string; status: string }[]>;

function webhookLine({ secrets }: World, endpoints: Endpoints): Line {
  const name = 'Stripe webhook';
  const more = { optional: true };
  const hasSecret = secrets.stripeWebhookSecrets.length > 0;
  if (endpoints.outcome !== 'found')
    return unknown(
      name,
      `${hasSecret ? 'the secret is set' : 'no secret is set'}; endpoints may not be read`,
      more,
    );
  const ours = endpoints.value.filter(({ url }) => /stripe\/webhooks?$/.test(new URL(url).pathname));
  const disabled = ours.filter(({ status }) => status !== 'enabled');
  if (ours.length === 0)
    return unknown(name, 'there is no endpoint for this service: everything is asked for instead', {
      mend: 'Add <public address>/stripe/webhooks in the Dashboard, and its secret to STRIPE_WEBHOOK_SECRET.',
      ...more,
    });
  if (disabled.length > 0)
    return bad(name, `${disabled[0]!.url} is disabled`, { mend: 'Enable it in the Dashboard.', ...more });
  return hasSecret
    ? good(name, ours.map(({ url }) => url).join(', '), more)
    : bad(name, 'there is an endpoint, and no secret is set', {
        mend: 'Set STRIPE_WEBHOOK_SECRET.',
        ...more,
      });
}

const MOST_SKEW_MS = 30_000;

/** A sandbox has a clock that tests move. */
async function clockLine({ isSandbox }: World, stripe: StripeDoor): Promise<Line[]> {
  if (isSandbox) return [];
  const time = await stripe.time();
  if (time.outcome !== 'found' || !Number.isFinite(time.value))
    return [unknown('clock', 'Stripe did not say what time it is', { optional: true })];
  const skew = Math.round(Math.abs(Date.now() - time.value) / 1000);
  return [
    skew * 1000 <= MOST_SKEW_MS
      ? good('clock', 'as that of Stripe')
      : bad('clock', `${skew} s from that of Stripe`, {
          mend: 'Turn on NTP: signatures of webhooks are refused when the clock is wrong.',
        }),
  ];
}
