/** Nothing but loopback can be reached from a test, and a mock that was set up must have been used. */
import nock from 'nock';

// Importing nock patches the process, and the patch outlives the test file: hold it only while tests run.
nock.restore();

beforeAll(() => {
  nock.activate();
  nock.disableNetConnect();
  nock.enableNetConnect(/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/);
});

afterEach(() => {
  const unused = nock.pendingMocks();
  nock.cleanAll();
  if (unused.length > 0) throw new Error(`Mocks never used: ${unused.join(', ')}`);
});

afterAll(() => nock.restore());
