import { diagnose } from '../../../server/domain/diagnosis/diagnose.ts';
import * as samples from '../../../server/domain/diagnosis/samples.ts';
import type { Evidence } from '../../../server/domain/diagnosis/evidence.ts';
import { verdictOf, type Report } from '../../../server/domain/report.ts';
import { ticket, type TicketFacts } from '../../../server/domain/ticket.ts';

const ID = '16c6a4b8-88ee-429b-835a-6725206cd08c';

function facts(evidence: Evidence, entries: TicketFacts['entries'] = []): TicketFacts {
  const diagnosis = diagnose(evidence);
  const report: Report = {
    subject: ID,
    verdict: verdictOf(diagnosis),
    genuineness: 'unverified',
    diagnosis,
    flex: {
      asked: 'answered',
      transactionId: ID,
      found: true,
      processName: 'default-booking',
      processVersion: 3,
      state: 'state/pending-payment',
      lastTransition: 'transition/request-payment',
      lastTransitionedAt: '2026-11-21T08:00:00.000Z',
      createdAt: '2026-11-21T08:00:00.000Z',
      transitions: [],
      payinTotal: { amount: 15_750, currency: 'EUR' },
      payoutTotal: null,
      providerAccount: 'acct_1',
      check: null,
      refusal: null,
    },
    stripe: { asked: 'answered', livemode: false, paymentIntents: [], differing: [], hints: [] },
  };
  return {
    transactionId: ID,
    madeAt: '2026-11-21T09:00:00.000Z',
    version: '0.1.0',
    environment: 'production',
    clientId: 'a-client-id',
    report,
    entries,
  };
}

const placeholder: Evidence = {
  call: samples.call,
  process: samples.process(),
  check: samples.check({ verdict: 'invalid', reasons: ['uuid'], paymentIntentId: null }),
};
const refusedWith = (stripeMessage: string): TicketFacts['entries'] => [
  {
    at: '2026-11-21T08:00:00.000Z',
    lane: 'proxy',
    kind: 'refusal',
    call: 'initiate',
    isSpeculative: false,
    transition: 'transition/request-payment',
    code: 'flex-refused',
    status: 402,
    flexCodes: ['transaction-payment-failed'],
    stripeCode: null,
    stripeMessage,
    statusText: stripeMessage,
    isProven: true,
  },
];

it('holds what Flex’s support asks for, and says what only a person can attach', () => {
  const text = ticket(
    facts(placeholder, [
      {
        at: '2026-11-21T08:00:00.500Z',
        lane: 'proxy',
        kind: 'check',
        requestId: 'the-request',
        call: 'initiate',
        isSpeculative: false,
        transition: 'transition/request-payment',
        verdict: 'invalid',
        reasons: ['uuid'],
        path: null,
        paymentIntentId: null,
      },
      {
        at: '2026-11-21T08:00:00.000Z',
        lane: 'flex',
        kind: 'transition',
        transition: 'transition/request-payment',
        by: 'customer',
      },
    ]),
  );

  for (const line of [
    `## Payment of transaction ${ID}`,
    '| Marketplace application (client id) | a-client-id |',
    '| Stripe mode | test |',
    '| Process | default-booking version 3 |',
    '| State in Flex | state/pending-payment |',
    '| The call | real (not speculative) initiate request-payment: invalid uuid, at 2026-11-21T08:00:00.500Z |',
    '| Request ids | the-request |',
    '| Payin | 15750 EUR (minor units) |',
    "| Provider's Stripe account | acct_1 |",
    '| Report | 2026-11-21T09:00:00.000Z by flex-payment-proxy 0.1.0, production |',
    '**For**: Sharetribe support, once what is above has been done.',
    `- [ ] A screenshot of a search for ${ID} in the Stripe Dashboard that finds nothing, in the mode above`,
  ])
    expect(text.split('\n')).toContain(line);
  // Oldest first.
  expect(text.indexOf('request-payment by the customer')).toBeLessThan(
    text.lastIndexOf('initiate request-payment: invalid uuid'),
  );
});

it('sends nobody to support with what support can not help with', () => {
  const declined = facts({
    call: samples.call,
    refusal: samples.refusal({ stripeCode: 'card_declined', flexCodes: ['transaction-payment-failed'] })
      .refusal!,
  });

  expect(ticket(declined)).toContain('**For**: the customer and the bank.');
  expect(ticket(facts(samples.healthy))).toContain('**For**: nobody: nothing is wrong with it.');
});

it('lets nobody write more than a cell, and lets no secret through', () => {
  const text = ticket(
    facts(
      placeholder,
      refusedWith('a | b\n## heading [link](http://x) <b> pi_3QhWaB7WZ01zgkWS_secret_Dm43 sk_live_Dm43'),
    ),
  );

  expect(text).toContain('a \\| b ## heading \\[link\\](http://x) \\<b>');
  expect(text).not.toContain('Dm43');
  expect(text.match(/^## /gm)).toHaveLength(1);
});
