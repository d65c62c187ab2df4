import { ProxyError } from '../../../server/domain/errors.ts';
import { createFlexPort } from '../../../server/fallback/flex-port.ts';

const failing = (code: string, given: object) => {
  const error = new ProxyError(code as never, { status: 500, statusText: 'words', data: {}, ...given });
  const fail = () => Promise.reject(error);
  return createFlexPort(
    { transaction: fail, transition: fail, transitionSpeculative: fail, updateMetadata: fail },
    new Map(),
  );
};

describe('what an error says of a transition', () => {
  it.each([
    ['no answer', 'flex-unavailable', { status: 504, outcome: 'unknown' }, 'unknown'],
    ['a refusal whose outcome is not known', 'flex-refused', { status: 409, outcome: 'unknown' }, 'unknown'],
    ['no connection', 'flex-unavailable', { status: 503 }, 'not-now'],
    ['a conflict, which our own lost success may be', 'flex-refused', { status: 409 }, 'conflict'],
    ['400', 'flex-refused', { status: 400 }, 'refused'],
    ['403', 'flex-refused', { status: 403 }, 'refused'],
    ['404, which it may say of what was just begun', 'flex-refused', { status: 404 }, 'not-now'],
    ['401: our own credentials', 'flex-refused', { status: 401 }, 'not-now'],
    ['too many', 'flex-refused', { status: 429 }, 'not-now'],
  ])('%s', async (_what, code, given, answer) => {
    const port = failing(code, given);
    expect([
      await port.move('id', 'process', 'advance'),
      await port.tryMove('id', 'process', 'enter'),
      await port.writeNote('id', {} as never),
      await port.read('id'),
    ]).toEqual([answer, answer, answer, 'away']);
  });

  it('what is not an answer of Flex is a fault of ours', async () => {
    const fault = new TypeError('a fault');
    const port = createFlexPort({ transition: () => Promise.reject(fault) } as never, new Map());
    await expect(port.move('id', 'process', 'advance')).rejects.toBe(fault);
  });
});
