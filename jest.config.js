export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Node erases the types itself: no transformer, and line numbers stay true.
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/setup/no-network.ts'],
  // Much of a test is waiting, for sockets and databases: none of two cores is kept free.
  maxWorkers: '100%',
  testSequencer: '<rootDir>/test/setup/longest-first.cjs',
  // Two busy cores may be slow: a test that hangs is found all the same.
  testTimeout: 30_000,
  restoreMocks: true,
};
