/**
 * A Flex of canned bytes, in a process of its own: the answers are made once, so that what is measured is the proxy. In
 * verbose transit where it is asked for, as Flex does. Serves until it is stopped; says its port on standard output.
 *
 * `POST /bench` with `{bytes, lineItems, latencyMs}` changes what it answers; `GET /bench` counts since then.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import flexSdk from 'sharetribe-flex-sdk';

export type UpstreamOptions = { bytes: number; lineItems: number; latencyMs: number };
export type UpstreamCounts = { calls: number; sockets: number };

const { types, transit } = flexSdk;

const uuid = (number: number) =>
  new types.UUID(`aaaaaaaa-0000-4000-8000-${String(number).padStart(12, '0')}`);
const money = (amount: number) => new types.Money(amount, 'EUR');

const listing = {
  id: uuid(1),
  type: 'listing',
  attributes: {
    title: 'Cabin',
    price: money(5_000),
    publicData: { unitType: 'night', description: 'x'.repeat(500) },
  },
};

const transaction = ({ bytes, lineItems }: UpstreamOptions) => ({
  id: uuid(2),
  type: 'transaction',
  attributes: {
    processName: 'default-booking',
    state: 'state/pending-payment',
    payinTotal: money(15_000),
    payoutTotal: money(13_500),
    lineItems: Array.from({ length: lineItems }, (_, index) => ({
      code: `line-item/night-${index}`,
      unitPrice: money(5_000),
      quantity: new types.BigDecimal('3'),
      lineTotal: money(15_000),
      includeFor: ['customer', 'provider'],
      reversal: false,
    })),
    protectedData: {
      stripePaymentIntents: {
        default: {
          stripePaymentIntentId: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
          stripePaymentIntentClientSecret: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
        },
      },
    },
    metadata: filling(bytes),
  },
});

/** Many small keys and values, as a grown marketplace has them in its extended data. */
function filling(bytes: number): Record<string, unknown> {
  const entry = (index: number) => [
    `field_${index}`,
    { label: `Label ${index}`, value: index, active: true },
  ];
  return Object.fromEntries(Array.from({ length: Math.ceil(bytes / 60) }, (_, index) => entry(index)));
}

type Canned = { beginning: string; type: string; compact: Buffer; verbose: Buffer };

const transitAnswer = (beginning: string, value: unknown): Canned => ({
  beginning,
  type: 'application/transit+json;charset=UTF-8',
  compact: Buffer.from(transit.write(value)),
  verbose: Buffer.from(transit.write(value, { verbose: true })),
});

function jsonAnswer(beginning: string, value: unknown): Canned {
  const body = Buffer.from(JSON.stringify(value));
  return { beginning, type: 'application/json', compact: body, verbose: body };
}

const commission = { providerCommission: { percentage: 10 } };

const answersFor = (options: UpstreamOptions): Canned[] => [
  jsonAnswer('/v1/auth/token', {
    access_token: 'at',
    token_type: 'bearer',
    expires_in: 600,
    scope: 'trusted:user',
  }),
  transitAnswer('/v1/api/listings/show', { data: listing }),
  transitAnswer('/v1/api/transactions/initiate', { data: transaction(options), included: [listing] }),
  jsonAnswer('/v1/assets/', {
    data: [{ id: 'c', type: 'jsonAsset', attributes: { data: commission } }],
    meta: { version: 'v1' },
  }),
];

const byDefault: UpstreamOptions = { bytes: 10_000, lineItems: 1, latencyMs: 0 };
let options = byDefault;
let answers = answersFor(options);
let calls = 0;
const sockets = new Set<unknown>();

const server = createServer((request, response) => {
  if (request.url === '/bench') {
    void control(request, response);
    return;
  }
  calls += 1;
  sockets.add(request.socket);
  request.resume();
  request.on('end', () => {
    const found = answers.find(({ beginning }) => request.url!.startsWith(beginning))!;
    const body = request.headers['x-transit-verbose'] === 'true' ? found.verbose : found.compact;
    const answer = () => {
      response.writeHead(200, { 'content-type': found.type, 'content-length': body.length });
      response.end(body);
    };
    if (options.latencyMs > 0) setTimeout(answer, options.latencyMs);
    else answer();
  });
});

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    options = { ...byDefault, ...(JSON.parse(await text(request)) as Partial<UpstreamOptions>) };
    answers = answersFor(options);
    calls = 0;
    sockets.clear();
  }
  response.end(JSON.stringify({ calls, sockets: sockets.size } satisfies UpstreamCounts));
}

server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as { port: number }).port}\n`);
});
