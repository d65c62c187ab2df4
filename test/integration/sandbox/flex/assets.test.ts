/** The Asset Delivery API: by alias and version, one asset and several, and what is not there. */
import { anonymousSdk } from '../../../setup/flex-sdks.ts';
import { useSandbox } from './support.ts';

const sandbox = useSandbox();
const sdk = () => anonymousSdk(sandbox().info());
const COMMISSION = 'transactions/commission.json';
const commission = { providerCommission: { percentage: 10 }, customerCommission: { percentage: 5 } };

it('one asset is its own content, with a version', async () => {
  const { status, data } = await sdk().assetByAlias({ path: COMMISSION, alias: 'latest' });

  expect([status, data]).toEqual([200, { data: commission, included: [], meta: { version: 'v1' } }]);
  expect((await sdk().assetByVersion({ path: COMMISSION, version: 'v1' })).data).toEqual(data);
});

it.each([
  ['one', [COMMISSION]],
  ['one with a slash before it', [`/${COMMISSION}`]],
  ['several of one folder, of which one is not there', [COMMISSION, 'transactions/minimum.json']],
  [
    'several of different folders, of which one is there',
    [COMMISSION, 'design/branding.json', 'constructor'],
  ],
])('several at once leave out what is not there: %s', async (_what, paths) => {
  const { data } = await sdk().assetsByAlias({ paths, alias: 'latest' });

  expect(data).toEqual({
    data: [
      {
        id: expect.any(String),
        type: 'jsonAsset',
        attributes: { assetPath: `/${COMMISSION}`, data: commission },
      },
    ],
    included: [],
    meta: { version: 'v1' },
  });
});

it('several that are not there are nothing, and no error', async () => {
  const { status, data } = await sdk().assetsByAlias({
    paths: ['design/a.json', 'design/b.json'],
    alias: 'latest',
  });

  expect([status, data.data]).toEqual([200, []]);
});

it.each<[string, () => Promise<unknown>]>([
  ['an unknown asset', () => sdk().assetByAlias({ path: 'content/nothing.json', alias: 'latest' })],
  ['an unknown version', () => sdk().assetsByVersion({ paths: [COMMISSION], version: 'v2' })],
  ['an unknown alias', () => sdk().assetByAlias({ path: COMMISSION, alias: 'next' })],
  ['a name that every object has', () => sdk().assetByAlias({ path: 'constructor', alias: 'latest' })],
])('%s is 404', async (_what, call) => {
  await expect(call()).rejects.toMatchObject({ status: 404, data: { errors: [{ code: 'not-found' }] } });
});

it('an unknown application is 404', async () => {
  const info = sandbox().info();
  const stranger = anonymousSdk({ ...info, flex: { ...info.flex, clientId: 'nobody' } });

  await expect(stranger.assetByAlias({ path: COMMISSION, alias: 'latest' })).rejects.toMatchObject({
    status: 404,
  });
});

it('no token is asked for, and none is taken', async () => {
  await sdk().assetByAlias({ path: COMMISSION, alias: 'latest' });

  expect(Object.keys(sandbox().requests())).toEqual(['GET /v1/assets/pub/:clientId/a/latest/*']);
});
