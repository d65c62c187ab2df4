/** The fallback for operators: whether it is on, its cases, and what may be done about one. */
import { z } from 'zod';
import { actions } from '../../domain/fallback/actions.ts';
import { breakKinds } from '../../domain/fallback/audit.ts';
import { caseStates } from '../../domain/fallback/case.ts';
import { ProxyError } from '../../domain/errors.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { operatorOf } from '../middleware/operators.ts';
import { parse } from '../parse.ts';
import { audited } from './audit.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { cursorOf, listQuery, oneOf, pageOf, readPage, someOf, transactionId } from './page.ts';

const moment = z.iso.datetime();
const text = z.string().nullable();

const auditResult = z.object({
  at: moment,
  from: moment,
  to: moment,
  compared: z.int(),
  breaks: z.array(
    z.object({
      kind: z.enum(breakKinds),
      transactionId: text,
      caseId: text,
      paymentIntentId: text,
      words: z.string(),
    }),
  ),
  problem: text.meta({ description: 'Why it is not complete; null when it is.' }),
  words: z.string().meta({ example: '0 breaks of 12' }),
});

const overview = z.object({
  on: z.boolean(),
  missing: z.array(z.string()).meta({ description: 'What it lacks to be on.' }),
  approvedBy: text,
  supportCase: text,
  cases: z
    .object({
      switch: z
        .object({ on: z.boolean(), by: z.string(), at: moment })
        .nullable()
        .meta({ description: 'What was last said while it ran; null when nothing was.' }),
      open: z.partialRecord(z.enum(caseStates), z.int()),
      needOperator: z.int(),
      oldest: z.object({ transactionId: z.string(), state: z.enum(caseStates), openedAt: moment }).nullable(),
      audit: auditResult.nullable().meta({ description: 'The last comparison of all sides.' }),
    })
    .nullable()
    .meta({ description: 'null where no cases can be kept, or the database is away.' }),
});

/** `GET /ops/fallback`: answers without a database too. */
export const fallbackOverview = ({ views, fallback, fallbackApproval, fallbackCases }: OpsDeps) =>
  endpoint(
    { summary: 'Whether the fallback is on, what it lacks, and how its cases stand' },
    overview,
    async () => ({
      ...fallback(),
      ...fallbackApproval,
      cases: fallbackCases && (await views.asked(() => fallbackCases.overview()).catch(orNull)),
    }),
  );

const orNull = (error: unknown): null => {
  if (error instanceof ProxyError) return null;
  throw error;
};

const switchBody = z.strictObject({ on: z.boolean('must be true or false') });

/** `POST /ops/fallback/switch`: open cases are finished in any case. */
export const switchFallback = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'Switch the fallback off while it runs, or on again',
      description:
        'Off: no case is opened any more, and those that are open are finished. On does not make up for what `missing` names. ' +
        'Other instances follow within seconds; no case is opened by any of them from now on.',
      requestBody: { content: { 'application/json': { schema: switchBody } } },
    },
    z.object({
      on: z.boolean().meta({ description: 'The switch; whether it is on in all, /ops/fallback says.' }),
    }),
    async (req, res) => {
      const { on } = parse(switchBody, await jsonBodyOf(req));
      const cases = casesOf(deps);
      const by = `operator ${deps.tokenDigests[operatorOf(res)]}`;
      return audited(deps, res, 'switch-fallback', { on }, () => cases.switch(on, by));
    },
  );

const auditBody = z.strictObject({
  days: z
    .int('must be a whole number of days')
    .min(1, 'must be 1 to 90')
    .max(90, 'must be 1 to 90')
    .optional()
    .meta({ description: '3 when left out. Open cases are compared in any case.' }),
});

/** `POST /ops/fallback/audit`: the daily comparison, now. */
export const auditFallback = (deps: OpsDeps) =>
  endpoint(
    {
      summary: "Compare Stripe's list, Flex's bookings and our cases now",
      requestBody: { content: { 'application/json': { schema: auditBody } } },
    },
    auditResult,
    async (req, res) => {
      const { days = 3 } = parse(auditBody, await jsonBodyOf(req));
      const cases = casesOf(deps);
      return audited(deps, res, 'audit-fallback', { days }, () => cases.audit(days));
    },
  );

const cursor = cursorOf('fallback/cases', z.tuple([moment, z.uuid()]).readonly());
const query = listQuery({ state: someOf(caseStates), needs: oneOf(['yes', 'no']) }, cursor);
const count = z.int();
const listed = {
  id: z.uuid(),
  transactionId: z.string(),
  processName: z.string(),
  environment: z.enum(['test', 'live']),
  way: z.enum(['clean', 'repair']),
  state: z.enum(caseStates),
  needs: text.meta({ description: 'Why it can not go on without an operator.' }),
  meaning: text.meta({ description: 'The same in words.' }),
  ending: text.meta({ description: 'Why it goes no further, though Flex has not ended the booking.' }),
  outcome: text,
  amount: count,
  currency: z.string(),
  fee: count,
  destination: z.string(),
  customerId: z.string(),
  providerId: z.string(),
  paymentIntentId: text,
  seenStatus: text,
  approvedBy: z.string(),
  supportCase: z.string(),
  openedAt: moment,
  deadline: moment,
  releasedAt: moment.nullable(),
  closedAt: moment.nullable(),
  checkedAt: moment,
  nextAt: moment,
  trouble: text,
  troubles: count,
};

/** `GET /ops/fallback/cases`: the newest first. */
export const fallbackCases = (deps: OpsDeps) =>
  endpoint(
    { summary: 'Cases of the fallback, the newest first', requestParams: { query } },
    pageOf(z.object(listed)),
    async req => {
      const { filter, page } = readPage(query, req);
      const asked = {
        ...(filter.state && { states: filter.state }),
        ...(filter.needs && { needs: filter.needs === 'yes' }),
      };
      const { items, next } = await deps.views.asked(() => casesOf(deps).cases(asked, page));
      return { items, next: cursor.write(next) };
    },
  );

const intent = z.looseObject({ id: z.string(), status: z.string(), amount: count, currency: z.string() });
const oneCase = z.object({
  ...listed,
  ops: z
    .array(z.looseObject({ kind: z.string(), seq: count, state: z.string() }))
    .meta({ description: 'Movements of money that were wanted, and what came of each.' }),
  notes: z.array(z.object({ at: moment, what: z.string(), detail: z.record(z.string(), z.unknown()) })),
  known: z
    .object({ phase: z.string(), paymentIntent: intent.nullable(), strays: z.array(intent) })
    .nullable()
    .meta({ description: 'What Flex and Stripe say now; null while one of them can not be asked.' }),
  actions: z
    .array(z.object({ action: z.enum(actions), does: text, why: text }))
    .meta({ description: '`does`: what it would do now. `why`: why it must not be done now.' }),
});

const onePath = z.object({ transactionId });

/** `GET /ops/fallback/cases/{transactionId}`: everything about one. */
export const fallbackCase = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'A case: its row, its movements of money, what was done, and what may be done',
      requestParams: { path: onePath },
    },
    oneCase,
    async req => {
      const asked = parse(onePath, req.params);
      return deps.views.asked(() => casesOf(deps).case(asked.transactionId));
    },
  );

const actPath = z.object({
  transactionId,
  action: z.enum(actions, `must be one of ${actions.join(', ')}`),
});
const actBody = z.strictObject({
  token: z
    .string('must be a text')
    .max(200, 'is too long')
    .optional()
    .meta({ description: 'Of the first answer. Without it nothing is done.' }),
});
const acted = z.object({
  does: text.meta({ description: 'First step: what would be done.' }),
  token: text.meta({ description: 'First step: with this it is done.' }),
  until: moment.nullable().meta({ description: 'First step: until when the token is good.' }),
  done: text.meta({ description: 'Second step: what was done.' }),
});

/** `POST /ops/fallback/cases/{transactionId}/{action}`: in two steps. */
export const actOnCase = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'Do something about a case, in two steps',
      description:
        'Without `token` it answers what would be done, and a token for exactly that: good for five minutes, for the same operator, ' +
        'and only while the case and what Flex and Stripe say of it are the same. With the token it is done.',
      requestParams: { path: actPath },
      requestBody: { content: { 'application/json': { schema: actBody } } },
    },
    acted,
    async (req, res) => {
      const asked = parse(actPath, req.params);
      const { token } = parse(actBody, await jsonBodyOf(req));
      const cases = casesOf(deps);
      const sign = (words: string) => deps.sign(operatorOf(res), words);
      if (token === undefined) {
        const { until, ...offered } = await deps.views.asked(() => cases.offer(asked, sign));
        return { ...offered, until: until.toISOString(), done: null };
      }
      const about = { transactionId: asked.transactionId };
      const { done } = await audited(deps, res, `fallback-${asked.action}`, about, () =>
        cases.perform(asked, token, sign),
      );
      return { does: null, token: null, until: null, done };
    },
  );

function casesOf({ fallbackCases: cases }: OpsDeps): NonNullable<OpsDeps['fallbackCases']> {
  if (!cases) throw NO_CASES;
  return cases;
}

const NO_CASES = new ProxyError('not-recorded', {
  status: 503,
  statusText:
    'No cases can be kept here: a database, Integration API credentials and a Stripe key are needed.',
  data: {},
});
