export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Node erases the types itself: no transformer, and line numbers stay true.
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/setup/no-network.ts'],
  restoreMocks: true,
};
