/**
 * One booking from sign-in to captured, its harmless look-alike, and the incident: what each participant did and saw.
 * Every step says what should be true; what is not ends up in `problems`.
 */
import Stripe from 'stripe';
import { compareWithStripe, type Comparison } from '../../server/domain/genuineness.ts';
import { locate, type Located } from '../../server/domain/verdict.ts';
import { digestOfSecret } from '../../server/stripe/describe-intent.ts';
import { createStripeDoor } from '../../server/stripe/door.ts';
import { daysAhead, realBooking, speculativeBooking } from '../../test/sandbox/client/orders.ts';
import { signedIn, type LocalApiAnswer } from '../../test/sandbox/client/web-client.ts';
import type { Sandbox } from '../../test/sandbox/sandbox.ts';

export type Step = { who: string; does: string; sees: string };

/** A call through the proxy, and what was in its answer. */
export type SeenCall = {
  title: string;
  verdict: string;
  requestId: string;
  paymentIntentId: string;
  atStripe: number;
};

export type Walk = {
  steps: Step[];
  lookAlike: SeenCall;
  booking: SeenCall & { proof: Comparison };
  incident: SeenCall;
  problems: string[];
};

export async function walk(sandbox: Sandbox, proxyUrl: string): Promise<Walk> {
  const info = sandbox.info();
  const world = { info, proxyUrl };
  const problems: string[] = [];
  const steps: Step[] = [];
  const expect = (claim: string, holds: boolean) => {
    if (!holds) problems.push(claim);
  };
  const intentsAtStripe = () => sandbox.stripe().paymentIntents.size;

  const alice = await signedIn(world, 'Alice');
  steps.push({ who: 'Alice, customer', does: 'signs in', sees: 'a session cookie' });

  const spec = await alice.post('initiate-privileged', speculativeBooking(info));
  const lookAlike = seen('Look-alike: the price on page load', spec, intentsAtStripe());
  expect('a speculative call is simulated', lookAlike.verdict === 'simulated' && lookAlike.atStripe === 0);
  steps.push({
    who: 'Alice -> proxy -> Flex',
    does: 'opens the checkout page (speculative)',
    sees: `${price(spec)}, and nothing at Stripe`,
  });

  const real = await alice.post('initiate-privileged', realBooking(info));
  const found = paymentIntentIn(real);
  const [id, clientSecret] = [textOr(found?.id, ''), textOr(found?.clientSecret, '')];
  const transaction = transactionIn(real);
  const door = createStripeDoor(info.stripe.secretKey, info.stripe.baseUrl);
  const lookup = await door.paymentIntent(id, digestOfSecret(clientSecret));
  const proof = compareWithStripe(
    {
      id,
      transactionId: transaction.id.uuid,
      amount: transaction.attributes.payinTotal.amount,
      currency: transaction.attributes.payinTotal.currency,
      livemode: false,
    },
    lookup.outcome === 'found' ? lookup.value : null,
  );
  const booking = { ...seen('Booking: the button is pressed', real, intentsAtStripe()), proof };
  expect('a real booking is valid', booking.verdict === 'valid' && booking.atStripe === 1);
  expect('its PaymentIntent is genuine', proof.genuineness === 'genuine');
  steps.push({
    who: 'Alice -> proxy -> Flex -> Stripe',
    does: 'presses the button (real)',
    sees: `${stateOf(real)}, ${id}`,
  });
  steps.push({
    who: 'Proof: our key -> Stripe',
    does: 'compares id, secret, amount, currency, mode, transaction',
    sees: proof.genuineness,
  });

  const browserStripe = stripeClient(info.stripe.publishableKey, info.stripe.baseUrl);
  const confirmed = await browserStripe.paymentIntents.confirm(id, {
    // The browser proves with the client secret that it may; the server's types do not know that parameter.
    ...({ client_secret: clientSecret } as object),
    payment_method: 'pm_card_visa',
  });
  expect('the card is authorised', confirmed.status === 'requires_capture');
  steps.push({ who: 'Alice -> Stripe', does: 'pays with 4242 4242 4242 4242', sees: confirmed.status });

  const afterConfirm = await alice.sdk.transactions.transition(
    { id: transaction.id, transition: 'transition/confirm-payment', params: {} },
    { expand: true },
  );
  expect('the booking is preauthorized', stateOf({ body: afterConfirm }) === 'state/preauthorized');
  steps.push({
    who: 'Alice -> Flex',
    does: 'transition/confirm-payment',
    sees: stateOf({ body: afterConfirm }),
  });

  const petra = await signedIn(world, 'Petra');
  const afterAccept = await petra.sdk.transactions.transition(
    { id: transaction.id, transition: 'transition/accept', params: {} },
    { expand: true },
  );
  const captured = sandbox.stripe().paymentIntents.get(id);
  expect(
    'the booking is accepted and captured',
    stateOf({ body: afterAccept }) === 'state/accepted' && captured?.status === 'succeeded',
  );
  steps.push({
    who: 'Petra, provider -> Flex -> Stripe',
    does: 'transition/accept',
    sees: `${stateOf({ body: afterAccept })}, captured ${money(captured?.amountReceived, captured?.currency)}`,
  });

  const before = intentsAtStripe();
  sandbox.scenarios.add({ name: 'uuid-payment-intents', times: 1 });
  const bob = await signedIn(world, 'Bob');
  const broken = await bob.post(
    'initiate-privileged',
    realBooking(info, { start: daysAhead(info, 60), end: daysAhead(info, 63) }),
  );
  const incident = seen('Incident: the button is pressed', broken, intentsAtStripe() - before);
  expect('UUIDs on a real call are invalid', incident.verdict === 'invalid' && incident.atStripe === 0);

  return { steps, lookAlike, booking, incident, problems };
}

const seen = (title: string, answer: LocalApiAnswer, atStripe: number): SeenCall => ({
  title,
  verdict: answer.headers.get('x-payment-intent-verdict') ?? `HTTP ${answer.status}`,
  requestId: answer.headers.get('x-request-id') ?? '',
  paymentIntentId: textOr(paymentIntentIn(answer)?.id, 'none'),
  atStripe,
});

const textOr = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise);

/** What the demo reads of a transaction. */
type ShownTransaction = {
  id: { uuid: string };
  attributes: { state: string; payinTotal: { amount: number; currency: string } };
};

/** The proxy and the SDK both answer `{status, statusText, data: {data}}`. */
const transactionIn = (answer: { body: unknown }) =>
  (answer.body as { data: { data: ShownTransaction } }).data.data;

const paymentIntentIn = (answer: LocalApiAnswer): Located | undefined =>
  answer.status === 200 ? locate(transactionIn(answer).attributes) : undefined;

const stateOf = (answer: { body: unknown }) => transactionIn(answer).attributes.state;

const price = (answer: LocalApiAnswer): string => {
  const { amount, currency } = transactionIn(answer).attributes.payinTotal;
  return money(amount, currency);
};

const money = (amount = 0, currency = '') =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount / 100);

function stripeClient(key: string, baseUrl: string): Stripe {
  const { hostname, port } = new URL(baseUrl);
  return new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
}
