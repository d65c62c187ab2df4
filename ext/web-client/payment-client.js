/**
 * For the marketplace's web client, in a browser: the calls that touch money, made so that an order can be finished whoever
 * made its PaymentIntent. Needs nothing but what the page has: how it writes and reads transit.
 *
 *     const payments = createPaymentClient({ serialize, deserialize });     // those of the template's src/util/api.js
 *     payments.initiatePrivileged(body)        instead of post('/api/initiate-privileged', body)
 *     payments.transitionPrivileged(body)      instead of post('/api/transition-privileged', body)
 *     payments.confirmPayment(transactionId)   instead of sdk.transactions.transition(... CONFIRM_PAYMENT ...)
 *
 * They resolve to what those resolve to, and reject with the same errors.
 */

const KEYS = 'flex-payment-proxy.keys';
const TRANSIT = 'application/transit+json';

/** So often an order is sent, with its key, while no answer says what became of it. */
const MOST_TRIES = 3;

export function createPaymentClient({
  serialize,
  deserialize,
  baseUrl = '',
  fetch = globalThis.fetch.bind(globalThis),
  storage = sessionStorageOrNone(),
  timeoutMs = 40_000,
  pauseMs = 2_000,
}) {
  const call = async (method, path, { body, headers } = {}) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      credentials: 'include',
      headers: {
        Accept: body === undefined ? 'application/json' : TRANSIT,
        'X-Payment-Client': '1',
        ...(body !== undefined && { 'Content-Type': TRANSIT }),
        ...headers,
      },
      ...(body !== undefined && { body: serialize(body) }),
    });
    if (response.status >= 400) throw await refusal(response);
    const type = response.headers.get('content-type') ?? '';
    return type.startsWith(TRANSIT) ? deserialize(await response.text()) : response.json();
  };

  /** Until it comes to something, or time or tries are over: then the last error is thrown. */
  const repeat = async (work, mayAgain, mostTries = Infinity) => {
    const latest = Date.now() + timeoutMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        const pause = typeof error.retryAfter === 'number' ? error.retryAfter * 1000 : pauseMs;
        if (!mayAgain(error) || tries >= mostTries || Date.now() + pause > latest) throw error;
        await sleep(pause);
      }
    }
  };

  const paymentIntent = transactionId =>
    call('GET', `/api/payment-intents/${encodeURIComponent(textOf(transactionId))}`);

  /** What an order is paid with, once it is there. */
  const waitForPayment = transactionId =>
    repeat(
      async () => {
        const payment = await paymentIntent(transactionId);
        if (payment.status === 'preparing') throw new StillPreparing();
        return payment;
      },
      error => error instanceof StillPreparing || isUnanswered(error),
    );

  /** The PaymentIntent comes where the template looks for it, later if need be. */
  const finished = async answer => {
    if (answer.status !== 202) return answer;
    const transaction = answer.data.data;
    const payment = await waitForPayment(transaction.id);
    if (payment.stripePaymentIntentClientSecret === undefined) throw new PaymentNotPossible(payment);
    const { stripePaymentIntentId, stripePaymentIntentClientSecret } = payment;
    const attributes = {
      ...transaction.attributes,
      protectedData: {
        ...transaction.attributes.protectedData,
        stripePaymentIntents: { default: { stripePaymentIntentId, stripePaymentIntentClientSecret } },
      },
    };
    return { ...answer, data: { ...answer.data, data: { ...transaction, attributes } } };
  };

  return {
    /** `POST /api/initiate-privileged`. An order whose answer was lost is sent again with its key, and found. */
    async initiatePrivileged(body) {
      if (body.isSpeculative) return call('POST', '/api/initiate-privileged', { body });
      const headers = { 'X-Idempotency-Key': keyOf(storage, serialize(body)) };
      const answer = await repeat(
        () => call('POST', '/api/initiate-privileged', { body, headers }),
        error => isUnanswered(error) || error.code === 'idempotency-key-in-use',
        MOST_TRIES,
      );
      return finished(answer);
    },
    /** `POST /api/transition-privileged`. */
    transitionPrivileged: async body => finished(await call('POST', '/api/transition-privileged', { body })),
    /** After the card was authorised. Asks again while Stripe's word has not come round. */
    async confirmPayment(transactionId) {
      const answer = await repeat(
        () => call('POST', '/api/confirm-payment', { body: { transactionId } }),
        error =>
          isUnanswered(error) || (error.code === 'payment-not-authorised' && error.retryAfter !== null),
      );
      // The next order is another one, even if it is the same.
      storage?.removeItem(KEYS);
      return answer;
    },
    /** How the payment of an order stands, and what to pay it with: `{source, status, verdict, …}`. */
    paymentIntent,
  };
}

/** The order stands, and there is nothing to pay it with: it is over, or somebody has to look at it. */
class PaymentNotPossible extends Error {
  name = 'PaymentNotPossible';

  constructor({ status, transactionId }) {
    super(`The payment of this order can not be made now (${status}).`);
    this.status = 409;
    this.statusText = this.message;
    this.data = { transactionId };
    this.code = `payment-${status}`;
  }
}

class StillPreparing extends Error {
  name = 'StillPreparing';
}

/** The fields that the template's client reads, on an error. */
async function refusal(response) {
  const { status, statusText } = response;
  const said = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Object.assign(
    new Error(said.message ?? 'Local API request failed'),
    { status, statusText, code: null },
    said,
    { retryAfter: Number.isFinite(retryAfter) ? retryAfter : null },
  );
}

/** No answer came, or one that does not say what became of it. */
const isUnanswered = error =>
  error.status === undefined ? !(error instanceof StillPreparing) : error.status >= 500;

const sleep = ms => new Promise(resolve => void setTimeout(resolve, ms));

const textOf = id => (typeof id === 'object' && id !== null ? id.uuid : String(id));

/** One key for one order, also after the page was loaded again. What was ordered is not kept: only a digest. */
function keyOf(storage, order) {
  const name = digestOf(order);
  const keys = readKeys(storage);
  const key = keys[name] ?? newKey();
  storage?.setItem(KEYS, JSON.stringify({ ...keys, [name]: key }));
  return key;
}

function readKeys(storage) {
  try {
    return JSON.parse(storage?.getItem(KEYS) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

const newKey = () =>
  [...globalThis.crypto.getRandomValues(new Uint8Array(16))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');

/** Tells orders of one page apart; it is no secret and protects nothing. */
function digestOf(text) {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (const character of text) {
    const code = character.codePointAt(0);
    one = Math.imul(one ^ code, 0x9e3779b1);
    two = Math.imul(two ^ code, 0x5f356495);
  }
  return [one, two, text.length].map(part => (part >>> 0).toString(36)).join('-');
}

/** A browser that keeps nothing for this page has none, or throws. */
function sessionStorageOrNone() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
