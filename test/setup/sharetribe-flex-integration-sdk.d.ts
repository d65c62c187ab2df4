/** Tests use the Integration SDK as it comes; it ships no types. */
declare module 'sharetribe-flex-integration-sdk';
