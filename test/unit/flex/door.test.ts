/** The door to Flex over real HTTP, against a server of canned answers. */
import type { Request, Response } from 'express';
import flexSdk from 'sharetribe-flex-sdk';
import { ProxyError } from '../../../server/domain/errors.ts';
import { createFlexDoor, type FlexSession } from '../../../server/flex/door.ts';
import {
  cannedServer,
  type Answerer,
  type CannedAnswer,
  type CannedServer,
} from '../../setup/canned-http.ts';

const token = {
  access_token: 'user-access-token',
  refresh_token: 'user-refresh-token',
  token_type: 'bearer',
  scope: 'user',
  expires_in: 600,
};
const transit = (body: string, status = 200): CannedAnswer => ({
  status,
  type: 'application/transit+json;charset=UTF-8',
  body,
});
const json = (value: unknown, status = 200): CannedAnswer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
});
const listing =
  '["^ ","~:data",["^ ","~:id","~uaaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa","~:type","~:listing","~:attributes",["^ ","~:price",["~#mn",[5000,"EUR"]],"~:publicData",["^ ","~:unitType","night"]]]]';
const transaction =
  '{"~:data":{"~:id":"~ubbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb","~:type":"transaction","~:attributes":{"~:state":"state/x"}}}';
const unauthorized = transit(
  '["^ ","~:errors",[["^ ","~:status",401,"~:code","~:auth-invalid-access-token"]]]',
  401,
);

const never = new AbortController().signal;

type Opened = AsyncDisposable & {
  flex: CannedServer;
  session: FlexSession;
  /** What is set on the answer to the browser. */
  cookies: string[];
  /** Another request of the same browser. */
  again: () => FlexSession;
};

/** A session as the browser's cookie brings it. */
async function opened(answer: Answerer, cookie: string | null = JSON.stringify(token)): Promise<Opened> {
  const flex = await cannedServer(answer);
  const door = createFlexDoor(
    {
      clientId: 'cid',
      baseUrl: flex.url,
      assetCdnBaseUrl: flex.url,
      transitVerbose: false,
      secureCookies: false,
      maxSockets: 10,
    },
    { flexClientSecret: 'cs' },
  );
  const cookies: string[] = [];
  const again = () =>
    door.openSession(
      { cookies: cookie === null ? {} : { 'st-cid-token': cookie } } as unknown as Request,
      { cookie: (_name: string, value: string) => cookies.push(value) } as unknown as Response,
    );
  return {
    flex,
    session: again(),
    cookies,
    again,
    async [Symbol.asyncDispose]() {
      door.close();
      await flex[Symbol.asyncDispose]();
    },
  };
}

const failureOf = (work: Promise<unknown>): Promise<ProxyError> =>
  work.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: ProxyError) => error,
  );

const paths = ({ flex }: Opened) =>
  flex.asked.map(({ url, body }) =>
    url === '/v1/auth/token' ? /grant_type=(\w+)/.exec(body)![1] : url.split('?')[0]!.replace('/v1/api/', ''),
  );

describe('a read', () => {
  it('sends what the SDK documents and reads money as minor units', async () => {
    await using flex = await opened(() => transit(listing));

    expect(await flex.session.listing('aaaa', never)).toMatchObject({
      price: { amount: 5000, currency: 'EUR' },
      unitType: 'night',
    });
    expect(flex.flex.asked).toMatchObject([
      {
        method: 'GET',
        url: '/v1/api/listings/show?id=aaaa',
        headers: { authorization: 'Bearer user-access-token', accept: 'application/transit+json' },
      },
    ]);
  });

  it.each<[string, Answerer, Partial<ProxyError>]>([
    [
      'a refusal as it is',
      () => transit('["^ ","~:errors",[["^ ","~:code","~:not-found"]]]', 404),
      { code: 'flex-refused', status: 404, data: { errors: [{ code: 'not-found' }] } },
    ],
    ['a refusal without a body', () => ({ status: 403 }), { code: 'flex-refused', status: 403, data: {} }],
    [
      'a 429, with the time it names',
      () => ({ ...transit('["^ "]', 429), headers: { 'retry-after': '7' } }),
      { code: 'flex-refused', status: 429, retryAfterSeconds: 7 },
    ],
    [
      'a 503 with a body',
      () => transit('["^ ","~:errors",[]]', 503),
      { code: 'flex-unavailable', status: 503 },
    ],
    [
      'a 502 of some proxy',
      () => ({ status: 502, type: 'text/html', body: '<html>' }),
      { code: 'flex-unavailable', status: 502, data: {} },
    ],
    [
      'a broken connection',
      (_asked, response) => void response.destroy(),
      { code: 'flex-unavailable', status: 502 },
    ],
    [
      'an answer cut short',
      (_asked, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('["^ "', () => response.destroy());
        return undefined;
      },
      { code: 'flex-answer-unreadable', status: 502 },
    ],
    ['transit that is none', () => transit('["^ ","~:da'), { code: 'flex-answer-unreadable', status: 502 }],
    [
      'a marketplace instead of a listing',
      () => transit('["^ ","~:data",["^ ","~:type","~:marketplace","~:attributes",["^ ","~:name","x"]]]'),
      { code: 'flex-answer-unreadable', status: 502 },
    ],
    [
      'another thing than a listing',
      () => transit('["^ ","~:data",["^ "]]'),
      { code: 'flex-answer-unreadable', status: 502 },
    ],
    [
      'a redirect, which it does not follow',
      () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
      { code: 'flex-answer-unreadable', status: 502 },
    ],
  ])('turns %s into an error of ours', async (_what, answer, expected) => {
    await using flex = await opened(answer);

    const error = await failureOf(flex.session.listing('aaaa', never));

    expect(error).toBeInstanceOf(ProxyError);
    expect(error).toMatchObject({ ...expected, outcome: 'refused' });
    expect(JSON.stringify(error) + String(error.stack) + JSON.stringify(error.cause)).not.toContain(
      'user-access-token',
    );
  });

  it('gives up when its caller does, and says so', async () => {
    await using flex = await opened(() => undefined);

    const error = await failureOf(flex.session.listing('aaaa', AbortSignal.timeout(50)));

    expect(error).toMatchObject({ code: 'flex-timeout', status: 504, outcome: 'refused' });
  });
});

describe('an expired session', () => {
  /** Takes one access token only, and gives it for one refresh token. */
  const takesOnly =
    (taken: string, refreshed: CannedAnswer | undefined): Answerer =>
    ({ url, body, headers }) => {
      if (url !== '/v1/auth/token')
        return headers.authorization === `Bearer ${taken}` ? transit(listing) : unauthorized;
      if (body.includes('grant_type=refresh_token')) return refreshed ?? json({ error: 'unauthorized' }, 401);
      if (body.includes('grant_type=client_credentials'))
        return json({ ...token, access_token: 'anonymous', refresh_token: undefined, scope: 'public-read' });
      return body.includes(`subject_token=${taken}`)
        ? json({ access_token: 'trusted', token_type: 'bearer', scope: 'trusted:user' })
        : json({ error: 'unauthorized' }, 401);
    };
  const renewed = json({ ...token, access_token: 'renewed', refresh_token: 'next' });

  it('is renewed once by calls that notice it together, and the browser gets the new one', async () => {
    await using flex = await opened(takesOnly('renewed', renewed));

    await Promise.all([flex.session.listing('aaaa', never), flex.session.trusted(never)]);

    expect(paths(flex).filter(path => path === 'refresh_token')).toHaveLength(1);
    expect(flex.cookies.map(cookie => JSON.parse(cookie).access_token)).toEqual(['renewed']);
  });

  it('is renewed once by requests that come together, and by one that comes late with the old cookie', async () => {
    await using flex = await opened(takesOnly('renewed', renewed));

    await Promise.all(Array.from({ length: 20 }, () => flex.again().listing('aaaa', never)));
    await flex.again().listing('aaaa', never);

    expect(paths(flex).filter(path => path === 'refresh_token')).toHaveLength(1);
    expect(flex.cookies).toHaveLength(21);
  });

  it('that can not be renewed reads on as a visitor, and leaves the cookie alone', async () => {
    await using flex = await opened(takesOnly('anonymous', undefined));

    expect(await flex.session.listing('aaaa', never)).toMatchObject({ unitType: 'night' });
    expect(paths(flex)).toEqual(['listings/show', 'refresh_token', 'client_credentials', 'listings/show']);
    expect(flex.cookies).toEqual([]);
  });

  it('that can not be renewed is not exchanged', async () => {
    await using flex = await opened(takesOnly('anonymous', undefined));

    expect(await failureOf(flex.session.trusted(never))).toMatchObject({
      code: 'flex-refused',
      status: 401,
      data: { error: 'unauthorized' },
    });
    expect(flex.cookies).toEqual([]);
  });

  it('is tried again by the next request when the refresh itself failed', async () => {
    let failures = 1;
    const answer = takesOnly('renewed', renewed);
    await using flex = await opened((asked, response) =>
      asked.body.includes('grant_type=refresh_token') && failures-- > 0
        ? json({}, 503)
        : answer(asked, response),
    );

    expect(await failureOf(flex.session.listing('aaaa', never))).toMatchObject({ status: 503 });
    expect(await flex.again().listing('aaaa', never)).toMatchObject({ unitType: 'night' });
  });

  it('whose renewed token is refused as well is renewed anew by the next request', async () => {
    let refreshes = 0;
    const second = takesOnly('second', json({ ...token, access_token: 'second' }));
    await using flex = await opened((asked, response) =>
      asked.body.includes('grant_type=refresh_token') && refreshes++ === 0
        ? json({ ...token, access_token: 'revoked at once' })
        : second(asked, response),
    );

    expect(await failureOf(flex.session.trusted(never))).toMatchObject({ status: 401 });
    await flex.again().trusted(never);

    expect(refreshes).toBe(2);
  });

  it("of a visitor is replaced by a new visitor's", async () => {
    const cookie = JSON.stringify({ access_token: 'old', token_type: 'bearer', scope: 'public-read' });
    await using flex = await opened(takesOnly('anonymous', undefined), cookie);

    await flex.session.listing('aaaa', never);

    expect(flex.cookies.map(one => JSON.parse(one).access_token)).toEqual(['anonymous']);
  });
});

it('a visitor whose first token failed gets one with the next call', async () => {
  let failures = 1;
  await using flex = await opened(({ url }) => {
    if (url !== '/v1/auth/token') return transit(listing);
    return failures-- > 0 ? json({}, 503) : json({ ...token, access_token: 'a', scope: 'public-read' });
  }, null);

  expect(await failureOf(flex.session.listing('aaaa', never))).toMatchObject({ status: 503 });
  expect(await flex.session.listing('aaaa', never)).toMatchObject({ unitType: 'night' });
});

describe('a command', () => {
  const trustedThen =
    (answer: Answerer): Answerer =>
    (asked, response) =>
      asked.url === '/v1/auth/token'
        ? json({ ...token, scope: 'trusted:user', access_token: 'trusted-token' })
        : answer(asked, response);

  it.each([
    ['verbose', transaction],
    ['compact', flexSdk.transit.write(flexSdk.transit.read(transaction))],
  ])('goes out trusted, and is answered %s', async (_form, body) => {
    await using flex = await opened(trustedThen(() => transit(body)));
    const trusted = await flex.session.trusted(never);

    const answer = await trusted.initiate(
      { processAlias: 'a/b' },
      { expand: true, include: ['booking', 'provider'] },
      false,
      never,
    );

    expect(answer).toMatchObject({
      status: 200,
      statusText: 'OK',
      transaction: { id: 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb' },
      bytes: Buffer.from(body),
    });
    expect(flex.flex.asked.at(-1)).toMatchObject({
      method: 'POST',
      url: '/v1/api/transactions/initiate?expand=true&include=booking,provider',
      headers: { authorization: 'Bearer trusted-token', 'content-type': 'application/transit+json' },
      body: '{"~:processAlias":"a/b"}',
    });
  });

  it.each<[string, Answerer, Partial<ProxyError>]>([
    [
      'refused by Flex',
      () => transit('["^ ","~:errors",[]]', 409),
      { code: 'flex-refused', outcome: 'refused' },
    ],
    [
      'failed by Flex',
      () => transit('["^ ","~:errors",[]]', 500),
      { code: 'flex-unavailable', outcome: 'unknown' },
    ],
    [
      'cut off',
      (_asked, response) => void response.destroy(),
      { code: 'flex-unavailable', outcome: 'unknown' },
    ],
    [
      'answered unreadably',
      () => transit('["^ ","~:d'),
      { code: 'flex-answer-unreadable', outcome: 'unknown' },
    ],
  ])('that was %s', async (_what, answer, expected) => {
    await using flex = await opened(trustedThen(answer));
    const trusted = await flex.session.trusted(never);

    expect(await failureOf(trusted.initiate({}, {}, false, never))).toMatchObject(expected);
  });

  it('that was not answered in time has an unknown outcome', async () => {
    await using flex = await opened(trustedThen(() => undefined));
    const trusted = await flex.session.trusted(never);

    expect(await failureOf(trusted.transition({}, {}, false, AbortSignal.timeout(50)))).toMatchObject({
      code: 'flex-timeout',
      outcome: 'unknown',
    });
  });

  it('that found no connection was not made', async () => {
    const flex = await opened(trustedThen(() => undefined));
    const trusted = await flex.session.trusted(never);
    await flex.flex[Symbol.asyncDispose]();

    expect(await failureOf(trusted.transition({}, {}, false, never))).toMatchObject({
      code: 'flex-unavailable',
      outcome: 'refused',
    });
  });
});

it('a Flex that keeps failing is given a rest, and nothing is sent meanwhile', async () => {
  await using flex = await opened(() => transit('["^ ","~:errors",[]]', 503));
  const fail = () => failureOf(flex.again().listing('aaaa', never));
  for (let call = 0; call < 120; call++) await fail();
  const sent = flex.flex.asked.length;

  expect(await fail()).toMatchObject({
    code: 'flex-unavailable',
    status: 503,
    outcome: 'refused',
    retryAfterSeconds: 5,
  });
  expect(flex.flex.asked).toHaveLength(sent);
  expect(sent).toBeLessThan(121);
});

it('more calls than can be under way are refused', async () => {
  await using flex = await opened(() => undefined);
  const enough = new AbortController();
  const calls = Array.from({ length: 91 }, () => failureOf(flex.again().listing('aaaa', enough.signal)));

  expect(await calls.at(-1)).toMatchObject({ code: 'overloaded', status: 503, retryAfterSeconds: 1 });
  enough.abort();
  expect((await Promise.all(calls)).filter(({ code }) => code === 'flex-timeout')).toHaveLength(90);
});

describe('a trusted token', () => {
  const ok = () => transit(transaction);
  const refusal = (status: number) => transit('["^ ","~:errors",[["^ ","~:code","~:forbidden"]]]', status);

  /** Flex takes trusted tokens that are not in `refused`, and numbers them. */
  function flexOf({ refused = {} }: { refused?: Record<string, number> }) {
    let exchanges = 0;
    const answer: Answerer = ({ url, headers }) => {
      if (url === '/v1/auth/token')
        return json({ ...token, scope: 'trusted:user', access_token: `trusted-${++exchanges}` });
      const status = refused[headers.authorization!.replace('Bearer ', '')];
      return status === undefined ? ok() : refusal(status);
    };
    return answer;
  }
  const initiate = async (session: FlexSession, beside: () => Promise<unknown> = () => Promise.resolve()) => {
    const [trusted] = await Promise.all([session.trusted(never), beside()]);
    return trusted.initiate({}, {}, false, never);
  };

  it('serves the next call of the same session too', async () => {
    await using flex = await opened(flexOf({}));

    await initiate(flex.session);
    await initiate(flex.again());

    expect(paths(flex)).toEqual(['token_exchange', 'transactions/initiate', 'transactions/initiate']);
  });

  it.each([401, 403])(
    'is not used any more when a read beside it is refused with %i, for Flex may have ended the session',
    async status => {
      let read = transit(listing);
      const answer = flexOf({});
      await using flex = await opened((asked, response) =>
        asked.url.includes('listings') ? read : answer(asked, response),
      );
      await initiate(flex.session);

      read = refusal(status);
      const session = flex.again();
      await initiate(session, () => session.listing('aaaa', never).catch(() => undefined));

      const exchanges = paths(flex).filter(path => path === 'token_exchange');
      expect(exchanges).toHaveLength(2);
    },
  );

  it('that was kept and is refused is got anew, and the call made once more', async () => {
    const refused: Record<string, number> = {};
    await using flex = await opened(flexOf({ refused }));
    await initiate(flex.session);
    refused['trusted-1'] = 401;

    await initiate(flex.again());

    expect(paths(flex)).toEqual([
      'token_exchange',
      'transactions/initiate',
      'transactions/initiate',
      'token_exchange',
      'transactions/initiate',
    ]);
  });

  it('that is new and refused is not tried again', async () => {
    await using flex = await opened(flexOf({ refused: { 'trusted-1': 401 } }));

    expect(await failureOf(initiate(flex.session))).toMatchObject({ code: 'flex-refused', status: 401 });
    expect(paths(flex)).toEqual(['token_exchange', 'transactions/initiate']);
  });

  it('with which something was forbidden is not kept, and the refusal is passed on', async () => {
    await using flex = await opened(flexOf({ refused: { 'trusted-1': 403 } }));

    expect(await failureOf(initiate(flex.session))).toMatchObject({ code: 'flex-refused', status: 403 });
    await initiate(flex.again());

    expect(paths(flex)).toEqual([
      'token_exchange',
      'transactions/initiate',
      'token_exchange',
      'transactions/initiate',
    ]);
  });
});
