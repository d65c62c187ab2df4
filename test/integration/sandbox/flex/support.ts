/** What the tests of the sandbox's Flex have in common. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import flexSdk from 'sharetribe-flex-sdk';
import {
  startSandbox,
  type Sandbox,
  type SandboxInfo,
  type SandboxOptions,
} from '../../../sandbox/sandbox.ts';
import {
  refusalOf,
  anonymousSdk,
  cabinOrder,
  stripeClient,
  types,
  userSdks,
} from '../../../setup/flex-sdks.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** One sandbox for the tests of a file, like new for each. */
export function useSandbox(options: SandboxOptions = {}): () => Sandbox {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox(options);
  });
  afterEach(() => sandbox.reset());
  afterAll(() => sandbox.close());
  return () => sandbox;
}

/** Through the control surface, as a stranger would. */
export async function control(sandbox: Sandbox, path: string, body: unknown): Promise<any> {
  const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

export const scenario = (sandbox: Sandbox, given: { name: string; [option: string]: unknown }) =>
  control(sandbox, 'scenario', given);

type Step = { from?: string; to: string; by?: string; at?: string; trusted?: boolean; actions?: string[] };

/** One transition of a process file. An action is its name, and its configuration behind a space. */
export function step(name: string, { from, to, by = 'customer', at, trusted, actions = [] }: Step): string {
  const edn = actions.map(action => {
    const [, called, config] = /^(\S+) ?(.*)$/.exec(action)!;
    return `{:name :action/${called}${config === '' ? '' : ` :config ${config}`}}`;
  });
  return [
    `{:name :transition/${name} :to :state/${to}`,
    ...(from === undefined ? [] : [`:from :state/${from}`]),
    at === undefined ? `:actor :actor.role/${by}` : `:at ${at}`,
    ...(trusted ? [':privileged? true'] : []),
    `:actions [${edn.join(' ')}]}`,
  ].join(' ');
}

export const processOf = (...steps: string[]) => `{:format :v3 :transitions [${steps.join('\n')}]}`;

/** Its alias is `<name>/release-1` until another is given. */
export const push = (sandbox: Sandbox, name: string, steps: string[], alias?: string): Promise<any> =>
  control(sandbox, 'processes', { name, edn: processOf(...steps), alias });

/** The listing whose title begins so. */
export const listingNamed = (sandbox: Sandbox, beginning: string) =>
  sandbox.info().listings.find(({ title }) => title.startsWith(beginning))!;

export const day = (number: number) => new Date(Date.UTC(2030, 0, number));

export const nights = (first = 10, last = 13) => ({ bookingStart: day(first), bookingEnd: day(last) });

export const eur = (amount: number) => new types.Money(amount, 'EUR');

/** 150 euros for the provider and the platform, of which the provider keeps 135. */
export const lineItems = [
  { code: 'line-item/night', unitPrice: eur(5000), quantity: 3, includeFor: ['customer', 'provider'] },
  { code: 'line-item/provider-commission', unitPrice: eur(15000), percentage: -10, includeFor: ['provider'] },
];

/** What the customer's browser does with the client secret. */
export const payInBrowser = (sandbox: Sandbox, intent: any, card = 'pm_card_visa') => {
  const info = sandbox.info();
  return stripeClient(info, info.stripe.publishableKey).paymentIntents.confirm(intent.stripePaymentIntentId, {
    ...({ client_secret: intent.stripePaymentIntentClientSecret } as object),
    payment_method: card,
    return_url: 'http://localhost:3000/checkout',
  });
};

export const intentIn = (transaction: any) =>
  transaction.attributes.protectedData.stripePaymentIntents.default;

/** The customer has ordered the cabin, and has not paid. */
export async function requested(sandbox: Sandbox) {
  const alice = await userSdks(sandbox.info(), 'Alice');
  const { data } = await alice.trusted.transactions.initiate(cabinOrder(sandbox.info()), { expand: true });
  return { ...alice, id: data.data.id, intent: intentIn(data.data), transaction: data.data };
}

/** Requested, paid by the customer's browser, and confirmed at Flex. */
export async function preauthorized(sandbox: Sandbox) {
  const booking = await requested(sandbox);
  await payInBrowser(sandbox, booking.intent);
  await transition(booking.sdk, booking.id, 'confirm-payment');
  return booking;
}

/** As Console and the marketplace's server do it when an operator logs in as a user. */
export async function loginAs(sandbox: Sandbox, firstName: string, { redeem = true } = {}) {
  const { flex, rootUrl, users } = sandbox.info();
  const verifier = 'a-verifier-that-is-long-enough-to-be-one';
  const redirectUri = `${rootUrl}/api/login-as`;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: flex.clientId,
    redirect_uri: redirectUri,
    user_id: users.find(({ name }) => name.startsWith(`${firstName} `))!.id,
    state: 'abc',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const { headers } = await fetch(`${sandbox.url}/api/authorize-as?${query}`, { redirect: 'manual' });
  const back = new URL(headers.get('location')!).searchParams;
  if (back.get('state') !== 'abc') throw new Error('Console lost the state');
  const given = { code: back.get('code')!, redirect_uri: redirectUri, code_verifier: verifier };
  const tokenStore = (flexSdk as any).tokenStore.memoryStore();
  const sdk = anonymousSdk(sandbox.info(), tokenStore);
  if (redeem) await sdk.loginAs(given);
  return { sdk, tokenStore, given };
}

/** As the caller of that client makes it, with all of the transaction as answer. */
export const transition = async (sdk: any, id: any, name: string, params: object = {}) =>
  (await sdk.transactions.transition({ id, transition: `transition/${name}`, params }, { expand: true })).data
    .data;

/** Begins a transaction on the cabin by `transition/begin`, unless something else is named. */
export async function begin(sdk: any, process: string, params: object = {}, name = 'begin') {
  const { data } = await sdk.transactions.initiate(
    {
      processAlias: process.includes('/') ? process : `${process}/release-1`,
      transition: `transition/${name}`,
      params: { listingId: CABIN, ...params },
    },
    { expand: true, include: ['booking', 'stockReservation', 'customer', 'provider'] },
  );
  return { ...data, id: data.data.id, attributes: data.data.attributes };
}

/** The lakeside cabin of Petra: 50 euros a night. */
export const CABIN = 'decade00-0000-4000-8000-000000000001';

export const stateOf = (sandbox: Sandbox, id: any) => sandbox.flex().transactions.get(id.uuid)?.state;

export const expectRefusal = async (work: Promise<unknown>, status: number, code: string) =>
  expect(await refusalOf(work)).toMatchObject({ status, code });

/** What a Flex without a trace of the last call, and its Stripe, hold. */
export const sizes = (sandbox: Sandbox) => ({
  transactions: sandbox.flex().transactions.size,
  bookings: sandbox.flex().bookings.size,
  events: sandbox.flex().feed.length,
  paymentIntents: sandbox.stripe().paymentIntents.size,
});

/** The SDK's own reader and writer. */
export const flexTransit: {
  read: (text: string) => any;
  write: (value: unknown, options?: { verbose?: boolean }) => string;
} = (flexSdk as any).transit;

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A client that writes verbose transit and asks for it, with a token that is there. */
export function verboseSdk(info: SandboxInfo, token: unknown): any {
  const sdk = flexSdk as any;
  const tokenStore = sdk.tokenStore.memoryStore();
  tokenStore.setToken(token);
  return sdk.createInstance({ ...info.flex, tokenStore, transitVerbose: true });
}

export type Recorded = { line: string; headers: Record<string, string>; body: string };

/** Stands between a client and the sandbox, and writes down what goes past, as it was written. */
export async function startRelay(target: string) {
  const requests: Recorded[] = [];
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = (await incoming.toArray()).join('');
    const names = incoming.rawHeaders.filter((_, index) => index % 2 === 0);
    const headers = Object.fromEntries(
      names.map((name, index) => [name, incoming.rawHeaders[2 * index + 1]!]),
    );
    requests.push({ line: `${incoming.method} ${incoming.url}`, headers, body });
    const response = await fetch(`${target}${incoming.url}`, {
      method: incoming.method!,
      headers: incoming.headers as Record<string, string>,
      ...(body !== '' && { body }),
    });
    outgoing.writeHead(response.status, {
      'content-type': response.headers.get('content-type') ?? 'text/plain',
    });
    outgoing.end(await response.text());
  };
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
