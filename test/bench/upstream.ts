/**
 * A Flex of canned bytes, in a process of its own: the answers are made once, so that what is measured is the proxy.
 * In verbose transit where it is asked for, as Flex does. Serves until it is stopped; says its port on standard output.
 */
import { createServer } from 'node:http';
import flexSdk from 'sharetribe-flex-sdk';

const { types, transit } = flexSdk;
const BYTES = Number(process.env['ANSWER_BYTES'] ?? 10_000);
const LATENCY_MS = Number(process.env['LATENCY_MS'] ?? 0);

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
const transaction = {
  id: uuid(2),
  type: 'transaction',
  attributes: {
    processName: 'default-booking',
    state: 'state/pending-payment',
    payinTotal: money(15_000),
    payoutTotal: money(13_500),
    lineItems: [
      {
        code: 'line-item/night',
        unitPrice: money(5_000),
        quantity: new types.BigDecimal('3'),
        lineTotal: money(15_000),
      },
    ],
    protectedData: {
      stripePaymentIntents: {
        default: {
          stripePaymentIntentId: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
          stripePaymentIntentClientSecret: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
        },
      },
    },
    metadata: filling(BYTES),
  },
};

/** Many small keys and values, as a grown marketplace has them in its extended data. */
function filling(bytes: number): Record<string, unknown> {
  const entry = (index: number) => [
    `field_${index}`,
    { label: `Label ${index}`, value: index, active: true },
  ];
  return Object.fromEntries(Array.from({ length: Math.ceil(bytes / 60) }, (_, index) => entry(index)));
}

const transitType = 'application/transit+json;charset=UTF-8';
const both = (value: unknown) => ({
  compact: transit.write(value),
  verbose: transit.write(value, { verbose: true }),
});
const answers: [beginning: string, type: string, body: string | ReturnType<typeof both>][] = [
  [
    '/v1/auth/token',
    'application/json',
    JSON.stringify({ access_token: 'at', token_type: 'bearer', expires_in: 600, scope: 'trusted:user' }),
  ],
  ['/v1/api/listings/show', transitType, both({ data: listing })],
  ['/v1/api/transactions/initiate', transitType, both({ data: transaction, included: [listing] })],
  [
    '/v1/assets/',
    'application/json',
    JSON.stringify({
      data: [
        { id: 'c', type: 'jsonAsset', attributes: { data: { providerCommission: { percentage: 10 } } } },
      ],
      meta: { version: 'v1' },
    }),
  ],
];

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const [, type, found] = answers.find(([beginning]) => request.url!.startsWith(beginning))!;
    const form = request.headers['x-transit-verbose'] === 'true' ? 'verbose' : 'compact';
    const body = typeof found === 'string' ? found : found[form];
    const answer = () => {
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(body);
    };
    if (LATENCY_MS > 0) setTimeout(answer, LATENCY_MS);
    else answer();
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as { port: number }).port}\n`);
});
