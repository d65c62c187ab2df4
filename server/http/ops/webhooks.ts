import { z } from 'zod';
import { ProxyError } from '../../domain/errors.ts';
import { stripeEventStates, type StripeEventState } from '../../domain/stripe-event.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parse } from '../parse.ts';
import { audited } from './audit.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { cursorOf, listQuery, oneOf, pageOf, readPage, time, transactionId, word } from './page.ts';

const cursor = cursorOf('webhooks', z.tuple([z.iso.datetime(), z.string().max(300)]).readonly());
const query = listQuery(
  {
    state: oneOf(stripeEventStates),
    type: word,
    transaction: transactionId.optional(),
    payment_intent: word,
  },
  cursor,
);
const event = z.object({
  id: z.string(),
  type: z.string(),
  account: z.string().nullable(),
  livemode: z.boolean(),
  created: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  objectId: z.string().nullable(),
  paymentIntentId: z.string().nullable(),
  transactionId: z.string().nullable(),
  via: z.enum(['webhook', 'pull']),
  deliveries: z.int(),
  state: z.enum(stripeEventStates),
  attempts: z.int(),
  problem: z.string().nullable(),
});

/** `GET /ops/webhooks`: Stripe's events as they were kept, the newest first. */
export const webhooks = ({ views }: OpsDeps) =>
  endpoint(
    { summary: "Stripe's events, the newest first", requestParams: { query } },
    pageOf(event),
    async req => {
      const { filter, page } = readPage(query, req);
      const { items, next } = await views.webhooks(
        {
          states: filter.state && [filter.state],
          type: filter.type,
          transactionId: filter.transaction,
          paymentIntentId: filter.payment_intent,
        },
        page,
      );
      return { items, next: cursor.write(next) };
    },
  );

/** At one time: an answer must not take minutes. */
const MOST_EVENTS = 500;

const whichEvents = z
  .strictObject({
    ids: z
      .array(z.string().regex(/^evt_\w{1,100}$/, 'must be ids of events: evt_…'), 'must be a list')
      .min(1, 'must not be empty')
      .max(MOST_EVENTS, `must be ${MOST_EVENTS} at most`)
      .optional(),
    state: z
      .enum(['waiting', 'gave-up', 'ignored', 'done'], 'must be waiting, gave-up, ignored or done')
      .optional()
      .meta({ description: `The newest ${MOST_EVENTS} of them.` }),
  })
  .refine(({ ids, state }) => (ids === undefined) !== (state === undefined), 'give either ids or state');

const replayed = z.object({
  events: z.int().meta({ description: 'Those of them that are kept here, and were not under way already.' }),
  objects: z.int().meta({ description: 'Things that these events are about, and that are looked at again.' }),
});

/** `POST /ops/webhooks/replay`: has events worked on once more. */
export const replayWebhooks = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'Have events of Stripe worked on once more',
      requestBody: { content: { 'application/json': { schema: whichEvents } } },
    },
    replayed,
    async (req, res) => {
      const asked = parse(whichEvents, await jsonBodyOf(req));
      const inbox = inboxOf(deps);
      return audited(deps, res, 'replay-webhooks', asked, async () => {
        const ids = asked.ids ?? (await idsIn(deps, asked.state!));
        return ids.length === 0 ? { events: 0, objects: 0 } : await inbox.replay(ids);
      });
    },
  );

const idsIn = async ({ views }: OpsDeps, state: StripeEventState) =>
  (await views.webhooks({ states: [state] }, { limit: MOST_EVENTS, after: null })).items.map(({ id }) => id);

const DAY_MS = 86_400_000;

const window = z
  .strictObject({ since: time, until: time.optional() })
  .meta({ description: 'A day at most; until now when `until` is left out.' });

const pulled = z.object({
  events: z.int().meta({ description: 'That Stripe has of that time.' }),
  missed: z.int().meta({ description: 'That had not come before.' }),
  problem: z.string().nullable().meta({ description: 'Why it broke off; null when it is complete.' }),
});

/** `POST /ops/webhooks/pull-missed`: fetches Stripe's events of a time. */
export const pullMissedWebhooks = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'Fetch the events of a time from Stripe, and keep those that never came',
      requestBody: { content: { 'application/json': { schema: window } } },
    },
    pulled,
    async (req, res) => {
      const { since, until = new Date(deps.now()) } = parse(window, await jsonBodyOf(req));
      const [from, to] = [since.getTime(), until.getTime()];
      if (to <= from) throw refused('until must be after since.');
      if (to - from > DAY_MS)
        throw refused('since and until may be a day apart: ask for one day after the other.');
      const { pullMissed } = inboxOf(deps);
      if (!pullMissed) throw NO_KEY;
      const about = { since: since.toISOString(), until: until.toISOString() };
      return audited(deps, res, 'pull-missed-webhooks', about, () => pullMissed({ from, to }));
    },
  );

function inboxOf({ inbox }: OpsDeps): NonNullable<OpsDeps['inbox']> {
  if (!inbox) throw NOT_KEPT;
  return inbox;
}

const refused = (statusText: string) => new ProxyError('bad-request', { status: 400, statusText, data: {} });
const NOT_KEPT = new ProxyError('not-recorded', {
  status: 503,
  statusText: 'No events are kept here: DATABASE_URL is none.',
  data: {},
});
const NO_KEY = new ProxyError('not-recorded', {
  status: 503,
  statusText: 'Stripe can not be asked: STRIPE_SECRET_KEY is not set.',
  data: {},
});
