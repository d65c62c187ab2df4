/**
 * The job as the web template documents it: an SDK instance for each request, listing and commission first, then the
 * token exchange, then the privileged call. Nothing is checked or logged. Written for this bench.
 */
import { Agent } from 'node:http';
import cookieParser from 'cookie-parser';
import express from 'express';
import sdkModule from 'sharetribe-flex-sdk';
import { asCommissions } from '../fixtures/line-item-cases.ts';
import { lineItemsFor } from '../../server/domain/line-items.ts';
import { sentLineItem } from '../../server/flex/transit.ts';

const flexSdk = sdkModule as any;
const baseUrl = process.env['REACT_APP_SHARETRIBE_SDK_BASE_URL'];
const httpAgent = new Agent({ keepAlive: true, maxSockets: 10 });
const common = {
  clientId: process.env['REACT_APP_SHARETRIBE_SDK_CLIENT_ID'],
  baseUrl,
  assetCdnBaseUrl: baseUrl,
  httpAgent,
};

const app = express();
app.use(cookieParser());
app.use(express.text({ type: 'application/transit+json' }));
app.post('/api/initiate-privileged', async (req, res) => {
  const { isSpeculative, bodyParams, queryParams } = flexSdk.transit.read(req.body);
  const tokenStore = flexSdk.tokenStore.expressCookieStore({ clientId: common.clientId, req, res });
  const sdk = flexSdk.createInstance({ ...common, tokenStore });
  const [listing, commission] = await Promise.all([
    sdk.listings.show({ id: bodyParams.params.listingId }),
    sdk.assetsByAlias({ paths: ['transactions/commission.json'], alias: 'latest' }),
  ]);
  const { price, publicData } = listing.data.data.attributes;
  const { providerCommission } = commission.data.data[0].attributes.data;
  const lineItems = lineItemsFor(
    { price, ...publicData },
    bodyParams.params,
    asCommissions({ provider: providerCommission }),
  );
  const exchanging = flexSdk.createInstance({
    ...common,
    clientSecret: process.env['SHARETRIBE_SDK_CLIENT_SECRET'],
    tokenStore,
  });
  const memory = flexSdk.tokenStore.memoryStore();
  memory.setToken((await exchanging.exchangeToken()).data);
  const trusted = flexSdk.createInstance({ ...common, tokenStore: memory });
  const body = { ...bodyParams, params: { ...bodyParams.params, lineItems: lineItems.map(sentLineItem) } };
  const { status, statusText, data } = await (isSpeculative
    ? trusted.transactions.initiateSpeculative(body, queryParams)
    : trusted.transactions.initiate(body, queryParams));
  res
    .status(status)
    .set('Content-Type', 'application/transit+json')
    .send(flexSdk.transit.write({ status, statusText, data }));
});
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as { port: number }).port}\n`);
});
