/**
 * Those that take long begin first: one that is left for the end runs alone, and the other core has nothing to do. From one
 * run to the next jest knows how long each takes, but a fresh clone has had no run.
 */
const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Twenty seconds and more, the longest first. */
const LONG = [
  'reliability/fallback-batteries',
  'reliability/fallback/simulation',
  'integration/commands/support',
  'integration/commands/operators',
  'integration/webhooks/webhooks',
  'model/processes',
  'model/payment-intents',
  'integration/commands/cluster',
  'reliability/webhook-storm',
  'integration/fallback/operators',
  'integration/store/embedded',
].map(name => path.join(__dirname, '..', `${name}.test.ts`));

const place = test => LONG.indexOf(test.path) + 1 || LONG.length + 1;

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- jest's own, of tests
    const inJestsOrder = super.sort(tests);
    return inJestsOrder.toSorted((one, other) => place(one) - place(other));
  }
};
