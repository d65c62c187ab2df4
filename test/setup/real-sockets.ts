/**
 * Takes nock's hands off the sockets for a whole test file. It stands between even where it lets everything through, and
 * under load a request is lost there now and then.
 */
import nock from 'nock';

export const useRealSockets = (): void => beforeAll(() => nock.restore());
