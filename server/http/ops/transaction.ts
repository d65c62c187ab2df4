import type { Response } from 'express';
import { z } from 'zod';
import { entriesOf } from '../../diagnostics/timeline-entries.ts';
import { shownTransaction } from '../../diagnostics/operator-views.ts';
import { genuinenesses } from '../../domain/genuineness.ts';
import { ticket } from '../../domain/ticket.ts';
import { inOrder } from '../../domain/timeline.ts';
import { verdicts } from '../../domain/verdict.ts';
import { byOperator, errors } from '../openapi.ts';
import { parse } from '../parse.ts';
import { cause } from './checks.ts';
import { isProven } from './refusals.ts';
import { endpoint, type Endpoint, type OpsDeps } from './endpoint.ts';
import { oneOf, transactionId } from './page.ts';
import { transaction } from './payments.ts';

const path = z.object({ id: transactionId });
const query = z.strictObject({
  ask: oneOf(['both', 'nobody']).meta({
    description: 'nobody: only what is kept, without asking Flex and Stripe.',
  }),
});

const ASKED = [
  'answered',
  'unavailable',
  'credentials-refused',
  'key-refused',
  'not-permitted',
  'no-key',
  'not-asked',
] as const;
const text = z.string().nullable();
const money = z.object({ amount: z.int(), currency: z.string() });
const checkSeen = z.object({
  verdict: z.enum(verdicts),
  reasons: z.array(z.string()),
  path: text,
  paymentIntentId: text,
});
const refusalSeen = z.object({
  code: z.string(),
  status: z.int(),
  flexCodes: z.array(z.string()),
  stripeCode: text,
  stripeMessage: text,
  statusText: z.string(),
});
const made = z.object({ transition: z.string(), by: z.string(), at: z.iso.datetime() });

const report = z.object({
  subject: z.string(),
  verdict: z.enum(['fine', 'wrong', 'inconclusive']),
  genuineness: z.enum(genuinenesses),
  diagnosis: z.object({
    cause,
    confidence: z.number().meta({ description: 'From 0 to 1.' }),
    evidence: z.array(z.string()),
    next: z.string().meta({ description: 'What to do.' }),
    docs: z.string(),
    alternatives: z.array(z.object({ cause, confidence: z.number() })),
  }),
  flex: z.object({
    asked: z.enum(ASKED),
    transactionId: text,
    found: z.boolean().nullable(),
    processName: text,
    processVersion: z.int().nullable(),
    state: text,
    lastTransition: text,
    lastTransitionedAt: text,
    createdAt: text,
    transitions: z.array(made),
    payinTotal: money.nullable(),
    payoutTotal: money.nullable(),
    providerAccount: text,
    check: checkSeen.nullable(),
    refusal: refusalSeen.nullable(),
  }),
  stripe: z.object({
    asked: z.enum(ASKED),
    livemode: z.boolean().nullable(),
    paymentIntents: z.array(
      z.object({
        id: z.string(),
        amount: z.int(),
        currency: z.string(),
        livemode: z.boolean(),
        status: z.string(),
        captureMethod: z.string(),
        destination: text,
        onBehalfOf: text,
        applicationFeeAmount: z.int().nullable(),
        sharetribeTransactionId: text,
        secretMatches: z.boolean().nullable(),
        created: z.int(),
        amountReceived: z.int(),
        lastPaymentError: text,
        cancellationReason: text,
      }),
    ),
    differing: z.array(z.string()),
    hints: z.array(z.string()).meta({ description: 'Found by search alone, which proves nothing.' }),
  }),
});

const at = z.iso.datetime();
const call = { call: z.enum(['initiate', 'transition']), isSpeculative: z.boolean(), transition: z.string() };
const entry = z.discriminatedUnion('kind', [
  z.object({
    at,
    lane: z.literal('proxy'),
    kind: z.literal('check'),
    requestId: z.string(),
    ...call,
    ...checkSeen.shape,
  }),
  z.object({
    at,
    lane: z.literal('proxy'),
    kind: z.literal('refusal'),
    ...call,
    ...refusalSeen.shape,
    isProven,
  }),
  z.object({
    at,
    lane: z.literal('proxy'),
    kind: z.literal('verification'),
    paymentIntentId: z.string().nullable(),
    genuineness: z.enum(genuinenesses),
    differing: z.array(z.string()),
    cause,
  }),
  z.object({
    at,
    lane: z.literal('flex'),
    kind: z.literal('transition'),
    transition: z.string(),
    by: z.string(),
  }),
  z.object({
    at,
    lane: z.literal('stripe'),
    kind: z.literal('payment-intent'),
    paymentIntentId: z.string(),
    amount: z.int(),
    currency: z.string(),
    livemode: z.boolean(),
  }),
  z.object({
    at,
    lane: z.literal('stripe'),
    kind: z.literal('event'),
    eventId: z.string(),
    type: z.string(),
    objectId: text,
    paymentIntentId: text,
    status: text,
    errorCode: text,
  }),
]);

const booking = z.object({
  transactionId: z.string(),
  isRecorded: z
    .boolean()
    .meta({ description: 'False where nothing is recorded, or while the database is away.' }),
  transaction: transaction.nullable().meta({ description: "As Flex's feed last told of it." }),
  entries: z
    .array(entry)
    .meta({ description: 'What happened, with Flex, here, and at Stripe; oldest first.' }),
  ownRecord: z
    .object({
      at,
      call: z.object({ isSpeculative: z.boolean(), processName: z.string(), transition: z.string() }),
      check: checkSeen.optional(),
      refusal: refusalSeen.optional(),
    })
    .nullable()
    .meta({ description: 'Our own look at the newest call of it.' }),
  report: report.nullable().meta({ description: 'Both sides as they are now; null with `ask=nobody`.' }),
});

/** `GET /ops/transactions/{id}`: what happened to one booking, what both sides say of it now, and why. */
export const transactionTimeline = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'One booking: what happened, on both sides, and the probable cause of what is wrong',
      requestParams: { path, query },
    },
    booking,
    async (req, res) => {
      const { id } = parse(path, req.params, 'The address');
      const { ask } = parse(query, { ...req.query }, 'The query');
      const [kept, own, asked] = await Promise.all([
        deps.views.kept(id),
        deps.views.ownRecord(id),
        ask === 'nobody' ? null : deps.investigate(id, timeFor(res)),
      ]);
      return {
        transactionId: id,
        isRecorded: kept !== null,
        transaction: kept?.transaction ? shownTransaction(kept.transaction) : null,
        entries: inOrder(entriesOf(kept, asked)),
        ownRecord: own && { ...own, at: own.at.toISOString() },
        report: asked,
      };
    },
  );

/** `GET /ops/transactions/{id}/report`: the same as one block of Markdown for a ticket. */
export const transactionReport = (deps: OpsDeps): Endpoint => ({
  description: {
    summary:
      'One booking as a block of Markdown for a ticket, with the list of what only a person can attach',
    ...byOperator,
    requestParams: { path },
    responses: {
      200: {
        description: 'It.',
        content: { 'text/markdown': {} },
        headers: z.object({ 'X-Verdict': report.shape.verdict }),
      },
      ...errors,
    },
  },
  handler: async (req, res) => {
    const { id } = parse(path, req.params, 'The address');
    const [kept, asked] = await Promise.all([deps.views.kept(id), deps.investigate(id, timeFor(res))]);
    const markdown = ticket({
      transactionId: id,
      madeAt: new Date(deps.now()).toISOString(),
      ...deps.service,
      report: asked,
      entries: entriesOf(kept, asked),
    });
    res.set('X-Verdict', asked.verdict).type('text/markdown').send(markdown);
  },
});

const LONGEST_MS = 15_000;

/** For asking both sides; over when the caller has gone. */
function timeFor(res: Response): AbortSignal {
  const gone = new AbortController();
  const timer = setTimeout(() => gone.abort(), LONGEST_MS);
  res.once('close', () => {
    clearTimeout(timer);
    gone.abort();
  });
  return gone.signal;
}
