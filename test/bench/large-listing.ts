/**
 * A Flex with one listing, a large one: a quote of it costs its reader much and all others little, so that on two cores it
 * is the reader that is measured. Serves until it is stopped; says its port on standard output.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import flexSdk from 'sharetribe-flex-sdk';

const { types, transit } = flexSdk;

/** As a grown marketplace has them in its extended data; together about 200 KB. */
const fields = Array.from({ length: 4_000 }, (_, index) => [
  `field_${index}`,
  { label: `Label ${index}`, value: index, active: true },
]);
const listing = {
  id: new types.UUID('aaaaaaaa-0000-4000-8000-000000000001'),
  type: 'listing',
  attributes: {
    price: new types.Money(5_000, 'EUR'),
    publicData: { unitType: 'night', ...(Object.fromEntries(fields) as object) },
  },
};
const asset = {
  id: 'c',
  type: 'jsonAsset',
  attributes: { data: { providerCommission: { percentage: 10 } } },
};
const bodies = {
  asset: Buffer.from(JSON.stringify({ data: [asset], meta: { version: 'v1' } })),
  compact: Buffer.from(transit.write({ data: listing })),
  verbose: Buffer.from(transit.write({ data: listing }, { verbose: true })),
};

const server = createServer((request, response) => {
  const isAsset = request.url!.startsWith('/v1/assets/');
  const wanted = request.headers['x-transit-verbose'] === 'true' ? 'verbose' : 'compact';
  response.setHeader('content-type', isAsset ? 'application/json' : 'application/transit+json;charset=UTF-8');
  response.end(bodies[isAsset ? 'asset' : wanted]);
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
});
