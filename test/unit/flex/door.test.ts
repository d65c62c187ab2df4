import nock from 'nock';
import type { Request, Response } from 'express';
import { ProxyError } from '../../../server/domain/errors.ts';
import { createFlexDoor, type FlexSession } from '../../../server/flex/door.ts';

const FLEX = 'https://flex.test';
const token = {
  access_token: 'user-access-token',
  refresh_token: 'user-refresh-token',
  token_type: 'bearer',
  scope: 'user',
  expires_in: 600,
};
const transit = { 'content-type': 'application/transit+json;charset=UTF-8' };
const listing =
  '["^ ","~:data",["^ ","~:id","~uaaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa","~:type","~:listing","~:attributes",["^ ","~:price",["~#mn",[5000,"EUR"]],"~:publicData",["^ ","~:unitType","night"]]]]';
const unauthorized = '["^ ","~:errors",[["^ ","~:status",401,"~:code","~:auth-invalid-access-token"]]]';

const door = createFlexDoor(
  {
    clientId: 'cid',
    baseUrl: FLEX,
    assetCdnBaseUrl: 'https://cdn.test',
    transitVerbose: false,
    secureCookies: false,
    maxSockets: 10,
  },
  { flexClientSecret: 'cs' },
);
afterAll(() => door.close());

const never = new AbortController().signal;

/** A session as the browser's cookie brings it; `cookies` holds what is set on the answer. */
function session(cookie = JSON.stringify(token)): { session: FlexSession; cookies: string[] } {
  const cookies: string[] = [];
  const res = { cookie: (_name: string, value: string) => cookies.push(value) };
  return {
    session: door.openSession(
      { cookies: { 'st-cid-token': cookie } } as unknown as Request,
      res as unknown as Response,
    ),
    cookies,
  };
}

const failureOf = (work: Promise<unknown>): Promise<ProxyError> =>
  work.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: ProxyError) => error,
  );

describe('a read', () => {
  it('sends what the SDK documents and reads money as minor units', async () => {
    nock(FLEX, {
      reqheaders: { authorization: 'Bearer user-access-token', accept: 'application/transit+json' },
    })
      .get('/v1/api/listings/show?id=aaaa')
      .reply(200, listing, transit);

    expect(await session().session.listing('aaaa', never)).toMatchObject({
      price: { amount: 5000, currency: 'EUR' },
      unitType: 'night',
    });
  });

  it.each<[string, (mock: nock.Interceptor) => nock.Scope, Partial<ProxyError>]>([
    [
      'a refusal as it is',
      mock => mock.reply(404, '["^ ","~:errors",[["^ ","~:code","~:not-found"]]]', transit),
      { code: 'flex-refused', status: 404, data: { errors: [{ code: 'not-found' }] } },
    ],
    [
      'a refusal without a body',
      mock => mock.reply(403, ''),
      { code: 'flex-refused', status: 403, data: {} },
    ],
    [
      'a 503 with a body',
      mock => mock.reply(503, '["^ ","~:errors",[]]', transit),
      { code: 'flex-unavailable', status: 503 },
    ],
    [
      'a 502 of some proxy',
      mock => mock.reply(502, '<html>', { 'content-type': 'text/html' }),
      { code: 'flex-unavailable', status: 502, data: {} },
    ],
    [
      'a broken connection',
      mock => mock.replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })),
      { code: 'flex-unavailable', status: 502 },
    ],
    [
      'transit that is none',
      mock => mock.reply(200, '["^ ","~:da', transit),
      { code: 'flex-answer-unreadable', status: 502 },
    ],
    [
      'another thing than a listing',
      mock => mock.reply(200, '["^ ","~:data",["^ "]]', transit),
      { code: 'flex-answer-unreadable', status: 502 },
    ],
  ])('turns %s into an error of ours', async (_what, reply, expected) => {
    reply(nock(FLEX).get('/v1/api/listings/show?id=aaaa'));

    const error = await failureOf(session().session.listing('aaaa', never));

    expect(error).toBeInstanceOf(ProxyError);
    expect(error).toMatchObject({ ...expected, outcome: 'refused' });
    expect(JSON.stringify(error) + String(error.stack) + JSON.stringify(error.cause)).not.toContain(
      'user-access-token',
    );
  });

  it('gives up when its caller does, and says so', async () => {
    nock(FLEX).get('/v1/api/listings/show?id=aaaa').delay(60_000).reply(200, listing, transit);

    const error = await failureOf(session().session.listing('aaaa', AbortSignal.timeout(50)));

    expect(error).toMatchObject({ code: 'flex-timeout', status: 504, outcome: 'refused' });
    nock.abortPendingRequests();
  });
});

describe('an expired session', () => {
  it('is renewed once by calls that notice it together', async () => {
    const { session: alice, cookies } = session();
    nock(FLEX).get('/v1/api/listings/show?id=aaaa').reply(401, unauthorized, transit);
    nock(FLEX)
      .post('/v1/auth/token', /grant_type=token_exchange/)
      .reply(401, { error: 'unauthorized' });
    // Once: a second refresh with the same token would find no mock.
    nock(FLEX)
      .post('/v1/auth/token', /grant_type=refresh_token/)
      .delay(50)
      .reply(200, { ...token, access_token: 'renewed' });
    nock(FLEX, { reqheaders: { authorization: 'Bearer renewed' } })
      .get('/v1/api/listings/show?id=aaaa')
      .reply(200, listing, transit);
    nock(FLEX)
      .post('/v1/auth/token', /subject_token=renewed/)
      .reply(200, { ...token, scope: 'trusted:user' });

    await Promise.all([alice.listing('aaaa', never), alice.trusted(never)]);

    expect(cookies.every(cookie => cookie.includes('renewed'))).toBe(true);
  });
});

describe('a command', () => {
  const exchanged = async () => {
    nock(FLEX)
      .post('/v1/auth/token')
      .reply(200, { ...token, scope: 'trusted:user', access_token: 'trusted-token' });
    return session().session.trusted(never);
  };

  it('goes out trusted, and only its status, words and data come back', async () => {
    const trusted = await exchanged();
    nock(FLEX, { reqheaders: { authorization: 'Bearer trusted-token' } })
      .post('/v1/api/transactions/initiate?expand=true', '["^ ","~:processAlias","a/b"]')
      .reply(200, '["^ ","~:data",["^ ","~:type","~:transaction"]]', transit);

    const answer = await trusted.initiate({ processAlias: 'a/b' }, { expand: true }, false, never);

    expect(answer).toEqual({
      status: 200,
      statusText: expect.any(String),
      data: { data: { type: 'transaction' } },
    });
  });

  it.each<[string, (mock: nock.Interceptor) => nock.Scope, Partial<ProxyError>]>([
    [
      'refused by Flex',
      mock => mock.reply(409, '["^ ","~:errors",[]]', transit),
      { code: 'flex-refused', outcome: 'refused' },
    ],
    [
      'failed by Flex',
      mock => mock.reply(500, '["^ ","~:errors",[]]', transit),
      { code: 'flex-unavailable', outcome: 'unknown' },
    ],
    [
      'cut off',
      mock => mock.replyWithError(Object.assign(new Error('x'), { code: 'ECONNRESET' })),
      { code: 'flex-unavailable', outcome: 'unknown' },
    ],
    [
      'answered unreadably',
      mock => mock.reply(200, '["^ ","~:d', transit),
      { code: 'flex-answer-unreadable', outcome: 'unknown' },
    ],
  ])('that was %s: %o', async (_what, reply, expected) => {
    const trusted = await exchanged();
    reply(nock(FLEX).post('/v1/api/transactions/initiate'));

    expect(await failureOf(trusted.initiate({}, {}, false, never))).toMatchObject(expected);
  });

  it('that was not answered in time has an unknown outcome', async () => {
    const trusted = await exchanged();
    nock(FLEX).post('/v1/api/transactions/transition').delay(60_000).reply(200);

    expect(await failureOf(trusted.transition({}, {}, false, AbortSignal.timeout(50)))).toMatchObject({
      code: 'flex-timeout',
      outcome: 'unknown',
    });
    nock.abortPendingRequests();
  });
});
