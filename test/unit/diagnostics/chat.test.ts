import nock from 'nock';
import { chatAt } from '../../../server/diagnostics/chat.ts';

const HOST = 'https://chat.example';
const SECRET_PATH = '/services/T0/B0/word';

/** Posts once, and says what was heard of it. */
async function posted(): Promise<(number | null)[]> {
  const failures: (number | null)[] = [];
  const heard = Promise.withResolvers<void>();
  chatAt(HOST + SECRET_PATH, status => {
    failures.push(status);
    heard.resolve();
  })({ text: 'Payments of default-booking began to fail.' });
  await Promise.race([heard.promise, new Promise(resolve => setTimeout(resolve, 100))]);
  return failures;
}

beforeAll(() => nock.isActive() || nock.activate());
afterEach(() => nock.cleanAll());
// Its patch would outlive this file.
afterAll(() => nock.restore());

it('posts the message as JSON, and says nothing when it was taken', async () => {
  const chat = nock(HOST, { reqheaders: { 'content-type': 'application/json' } })
    .post(SECRET_PATH, { text: 'Payments of default-booking began to fail.' })
    .reply(200, 'ok');

  expect(await posted()).toEqual([]);
  expect(chat.isDone()).toBe(true);
});

it.each([400, 404, 429, 500])('says that it was answered %i', async status => {
  nock(HOST).post(SECRET_PATH).reply(status, 'no_service');

  expect(await posted()).toEqual([status]);
});

it('follows no redirect: what is told is for this chat alone', async () => {
  nock(HOST).post(SECRET_PATH).reply(307, '', { location: 'https://elsewhere.example/' });
  const elsewhere = nock('https://elsewhere.example').post('/').reply(200);

  expect(await posted()).toEqual([307]);
  expect(elsewhere.isDone()).toBe(false);
});

it('says that there was no answer', async () => {
  nock(HOST).post(SECRET_PATH).replyWithError('connect ECONNREFUSED');

  expect(await posted()).toEqual([null]);
});
