/** What operators see of the fallback and do about it, over HTTP. */
import { sql } from 'kysely';
import { empty, eventually } from '../../setup/databases.ts';
import { stepsIn } from '../../setup/fallback-steps.ts';
import { startFallbackWorld, type FallbackWorld } from '../../setup/fallback-world.ts';
import { run } from '../../setup/processes.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TOKENS = ['first-operator-token-1234', 'second-operator-token-567'] as const;
const PETRA = 'acct_1SbxPetraHealthy';

let world: FallbackWorld;
beforeAll(async () => {
  world = await startFallbackWorld({ OPERATOR_TOKENS: TOKENS.join(',') });
});
beforeEach(async () => {
  await world.reset();
  world.context.fallback.switchedOff(null);
  await world.scenario({ name: 'uuid-payment-intents' });
});
afterAll(() => world[Symbol.asyncDispose]());

async function ask(path: string, body?: object, token: string = TOKENS[0]) {
  const response = await fetch(`${world.proxyUrl}${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const { booked, paid, accepted, byPetra, stateOf, intentOf, caseOf } = stepsIn(() => world);
const change = (id: string, values: object) =>
  world.store.db.updateTable('payment_cases').set(values).where('transaction_id', '=', id).execute();
const operator = (id: string, transition: string) =>
  world.context.integration!.transition(id, transition, AbortSignal.timeout(5_000));

/** Both steps. */
async function act(id: string, action: string) {
  const path = `/ops/fallback/cases/${id}/${action}`;
  const offered = await ask(path, {});
  return offered.status === 200 ? ask(path, { token: offered.body.token }) : offered;
}

describe('/ops/fallback and its switch', () => {
  it('shows how it stands, and without a token shows nothing', async () => {
    const { id } = await paid();
    await booked().catch(() => undefined);

    const { status, body } = await ask('/ops/fallback');

    expect(status).toBe(200);
    expect(body).toMatchObject({ on: true, missing: [], approvedBy: 'Ada', supportCase: '4711' });
    expect(body.cases).toMatchObject({
      switch: null,
      open: { advanced: 1 },
      needOperator: 0,
      oldest: { transactionId: id, state: 'advanced' },
      audit: null,
    });
    expect((await ask('/ops/fallback', undefined, 'somebody-elses-token-12')).status).toBe(401);
  });

  it('is switched off while it runs: no case is opened, and those that are open are finished', async () => {
    const { id, paymentIntentId } = await paid();

    const off = await ask('/ops/fallback/switch', { on: false });

    expect([off.status, off.body]).toEqual([200, { on: false }]);
    const shown = await ask('/ops/fallback');
    expect(shown.body).toMatchObject({
      on: false,
      missing: [expect.stringMatching(/^to be switched on again: operator [\da-f]{8} switched it off$/)],
      cases: { switch: { on: false, by: expect.stringMatching(/^operator /) } },
    });
    const later = await world.book({}, { 'X-Payment-Client': '1' });
    expect(later.headers.get('x-payment-intent-source')).not.toBe('fallback');
    expect(world.sandbox.stripe().paymentIntents.size).toBe(1);

    await byPetra(id, 'transition/decline-fallback');
    await world.later(2 * MINUTE);
    await world.sweep();
    expect(intentOf(paymentIntentId).status).toBe('canceled');
    await world.later(20 * MINUTE);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed' });

    const on = await ask('/ops/fallback/switch', { on: true });
    expect([on.status, on.body]).toEqual([200, { on: true }]);
    expect((await ask('/ops/fallback')).body).toMatchObject({ on: true, missing: [] });
    const { body: audit } = await ask('/ops/audit');
    expect(audit.items.map(({ action, details, outcome }: any) => [action, details, outcome])).toEqual([
      ['switch-fallback', { on: true }, { on: true }],
      ['switch-fallback', { on: false }, { on: false }],
    ]);
  });

  it('follows what another instance was told', async () => {
    await world.store.db
      .insertInto('switches')
      .values({ name: 'fallback', is_on: false, by: 'another', at: new Date() })
      .execute();

    // Before it has even looked: the database itself opens no case.
    const answer = await world.book();
    expect(answer.headers.get('x-payment-intent-source')).toBe('flex');
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
    await eventually(
      () => world.context.fallback.readiness().on,
      isOn => !isOn,
    );
    expect(world.context.fallback.readiness().missing).toEqual([
      'to be switched on again: another switched it off',
    ]);
  });

  it('says what is wrong with what is sent', async () => {
    expect((await ask('/ops/fallback/switch', { on: 'no' })).body).toMatchObject({
      status: 400,
      statusText: 'on: must be true or false',
    });
    expect((await ask('/ops/fallback/audit', { days: 0 })).body).toMatchObject({
      status: 400,
      statusText: 'days: must be 1 to 90',
    });
  });
});

describe('/ops/fallback/cases', () => {
  it('lists cases by state and need, page after page', async () => {
    const { id } = await paid();
    const row = await caseOf(id);
    const copy = async (n: number, values: object) =>
      world.store.db
        .insertInto('payment_cases')
        .values({
          ...row,
          id: `00000000-0000-4000-8000-00000000000${n}`,
          transaction_id: `copy-${n}`,
          payment_intent_id: null,
          // As old as another: the id decides.
          opened_at: new Date(row.opened_at.getTime() - (n > 1 ? 2_000 : 1_000)),
          ...values,
        })
        .execute();
    await copy(1, { needs: 'state-unknown' });
    await copy(2, { state: 'closed', closed_at: new Date(), needs: 'state-unknown' });
    await copy(3, { state: 'released' });
    const ids = async (query: string) =>
      (await ask(`/ops/fallback/cases?${query}`)).body.items.map((item: any) => item.transactionId);

    expect(await ids('')).toEqual([id, 'copy-1', 'copy-3', 'copy-2']);
    expect(await ids('needs=yes')).toEqual(['copy-1']);
    expect(await ids('needs=no')).toEqual([id, 'copy-3', 'copy-2']);
    expect(await ids('state=released,closed')).toEqual(['copy-3', 'copy-2']);
    const walked: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body }: any = await ask(`/ops/fallback/cases?limit=1${next && `&cursor=${next}`}`);
      walked.push(...body.items.map((item: any) => item.transactionId));
      next = body.next;
    }
    expect(walked).toEqual([id, 'copy-1', 'copy-3', 'copy-2']);
    expect((await ask('/ops/fallback/cases?state=nowhere')).status).toBe(400);
    expect((await ask('/ops/fallback/cases?cursor=abc')).body.statusText).toMatch(/^cursor: is not one/);
  });

  it('shows all of one, and no secret', async () => {
    const { id, paymentIntentId } = await paid();

    const { status, body } = await ask(`/ops/fallback/cases/${id}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      transactionId: id,
      state: 'advanced',
      needs: null,
      amount: 15_750,
      ops: [{ kind: 'create', state: 'confirmed', objectId: paymentIntentId }],
      known: { phase: 'confirmed', paymentIntent: { id: paymentIntentId, status: 'requires_capture' } },
    });
    expect(body.notes.map(({ what }: any) => what)).toEqual(expect.arrayContaining(['opened', 'released']));
    expect(body.actions).toEqual([
      { action: 'retry', does: expect.stringMatching(/asked again/), why: null },
      { action: 'cancel', does: null, why: expect.stringMatching(/decline or cancel it in Flex/) },
      { action: 'refund', does: null, why: expect.stringMatching(/cancel it in Flex/) },
      { action: 'resolve', does: null, why: expect.stringMatching(/does not need anybody/) },
    ]);
    expect(JSON.stringify(body)).not.toContain('_secret_');
    expect((await ask('/ops/fallback/cases/16c6a4b8-88ee-429b-835a-6725206cd08c')).body).toMatchObject({
      status: 404,
      code: 'case-unknown',
    });
  });

  it('does nothing while Stripe can not be asked', async () => {
    const { id } = await booked();
    await world.scenario({ name: 'status', code: 500, route: '/v1/payment_intents' });

    const { body } = await ask(`/ops/fallback/cases/${id}/cancel`, {});
    const shown = await ask(`/ops/fallback/cases/${id}`);

    expect(body).toMatchObject({ status: 503, code: 'evidence-away' });
    expect([shown.status, shown.body.known]).toEqual([200, null]);
  });
});

describe('in two steps', () => {
  it('a booking that is being paid is given up: nothing stays held, and nobody can pay any more', async () => {
    const { id, paymentIntentId } = await booked();
    await world.pay(paymentIntentId);
    const path = `/ops/fallback/cases/${id}/cancel`;

    const offered = await ask(path, {});
    expect(offered.body).toEqual({
      does: expect.stringMatching(/^The PaymentIntent is cancelled, what the customer had held is let go/),
      token: expect.any(String),
      until: expect.any(String),
      done: null,
    });
    expect(intentOf(paymentIntentId).status).toBe('requires_capture');
    expect(await caseOf(id)).toMatchObject({ ending: null });
    const done = await ask(path, { token: offered.body.token });

    expect([done.status, done.body.done]).toEqual([200, offered.body.does]);
    await world.later(MINUTE);
    await world.sweep();
    expect(intentOf(paymentIntentId).status).toBe('canceled');
    expect(stateOf(id)).toBe('state/payment-expired');
    await world.later(20 * MINUTE);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'operator' });
    const { body: audit } = await ask('/ops/audit');
    expect(audit.items).toMatchObject([
      { action: 'fallback-cancel', details: { transactionId: id }, outcome: { done: offered.body.does } },
    ]);
    expect((await ask(path, { token: offered.body.token })).body).toMatchObject({
      code: 'case-action-refused',
      statusText: 'It is closed.',
    });
  });

  it('what is not done leaves the case as it was: what was heard of it before is still to be looked at', async () => {
    const { id } = await paid();
    await change(id, { trouble: 'flex can not be asked', troubles: 3 });
    const before = await caseOf(id);

    const { status } = await ask(`/ops/fallback/cases/${id}/retry`, { token: 'whatever' });

    expect(status).toBe(409);
    expect(await caseOf(id)).toEqual({
      ...before,
      fence: before.fence + 1,
      lease_until: expect.any(Date),
    });
  });

  it('a token is for one deed, one operator, five minutes and the case as it is', async () => {
    const { id } = await booked();
    const path = `/ops/fallback/cases/${id}/cancel`;
    const { body: first } = await ask(path, {});
    const changed = { status: 409, code: 'case-changed' };

    expect((await ask(`/ops/fallback/cases/${id}/retry`, { token: first.token })).body).toMatchObject(
      changed,
    );
    expect((await ask(path, { token: first.token }, TOKENS[1])).body).toMatchObject(changed);
    expect((await ask(path, { token: 'whatever' })).body).toMatchObject(changed);
    const [, signature] = first.token.split('.');
    expect((await ask(path, { token: `9999999999999.${signature}` })).body).toMatchObject(changed);
    await change(id, { seen_status: 'requires_action' });
    expect((await ask(path, { token: first.token })).body).toMatchObject(changed);
    const { body: second } = await ask(path, {});
    await world.later(5 * MINUTE + 1_000);
    expect((await ask(path, { token: second.token })).body).toMatchObject({
      ...changed,
      statusText: 'The token is older than five minutes. Ask again what would be done.',
    });
    expect(await caseOf(id)).toMatchObject({ ending: null, state: 'released' });
  });

  it('what Flex or Stripe say has changed since: it is not done', async () => {
    const { id, paymentIntentId } = await booked();
    const { body } = await ask(`/ops/fallback/cases/${id}/cancel`, {});

    await world.pay(paymentIntentId);

    expect((await ask(`/ops/fallback/cases/${id}/cancel`, { token: body.token })).body).toMatchObject({
      status: 409,
      code: 'case-changed',
    });
  });

  it('a payout that Stripe refused is asked for once more, and once only', async () => {
    const { id } = await accepted();
    const account = world.sandbox.stripe().accounts.get(PETRA)!;
    account.payoutsEnabled = false;
    await world.later(60 * DAY);
    await world.sweep();
    const { body } = await ask(`/ops/fallback/cases/${id}`);
    expect(body).toMatchObject({
      needs: 'payout-refused: payouts_not_allowed',
      meaning: "Stripe refuses the payout on the provider's account.",
    });
    expect(body.actions[0].does).toMatch(
      /^A payout of 13500 EUR \(minor units\) is asked for on acct_1SbxPetraHealthy/,
    );
    account.payoutsEnabled = true;

    const { body: offered } = await ask(`/ops/fallback/cases/${id}/retry`, {});
    const both = await Promise.all(
      [1, 2].map(() => ask(`/ops/fallback/cases/${id}/retry`, { token: offered.token })),
    );

    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    // The one that was refused may have held the case when the other was to go on with it.
    await world.sweep();
    expect([...world.sandbox.stripe().payouts.values()]).toMatchObject([{ amount: 13_500, account: PETRA }]);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });
  });

  it('what was taken for a booking that nobody knows is given back, and the case settled', async () => {
    const { id, paymentIntentId } = await accepted();
    world.sandbox.flex().transactions.get(id)!.state = 'state/of-another-version';
    await world.later(2 * 60 * MINUTE);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ needs: 'state-unknown' });
    expect((await ask(`/ops/fallback/cases/${id}/cancel`, {})).body).toMatchObject({
      status: 409,
      code: 'case-action-refused',
      statusText: 'The money was taken: only a refund gives it back.',
    });

    const refunded = await act(id, 'refund');

    expect(refunded.body.done).toMatch(/^15750 EUR \(minor units\) of pi_\w+ are given back/);
    expect([...world.sandbox.stripe().refunds.values()]).toMatchObject([
      { paymentIntent: paymentIntentId, amount: 15_750 },
    ]);
    expect((await ask(`/ops/fallback/cases/${id}/refund`, {})).body.statusText).toBe(
      'It was given back already.',
    );
    const resolved = await act(id, 'resolve');
    expect(resolved.body.done).toMatch(/^The case is closed as settled by hand/);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'resolved', needs: null });
  });

  it('is not settled by hand while money may be held', async () => {
    const { id, paymentIntentId } = await paid();
    world.sandbox.flex().transactions.get(id)!.state = 'state/of-another-version';
    await world.later(2 * MINUTE);
    await world.sweep();

    const refused = await ask(`/ops/fallback/cases/${id}/resolve`, {});

    expect(refused.body).toMatchObject({
      code: 'case-action-refused',
      statusText: `${paymentIntentId} is requires_capture: money may be held. Cancel it first.`,
    });
    expect((await act(id, 'cancel')).status).toBe(200);
    expect(intentOf(paymentIntentId).status).toBe('canceled');
    expect((await act(id, 'resolve')).status).toBe(200);
  });
});

describe('the comparison of all sides', () => {
  const audited = async () => (await ask('/ops/fallback/audit', {})).body;
  const kindsOf = (result: any) => result.breaks.map(({ kind }: any) => kind);

  it('finds nothing where nothing is broken, and is shown, logged and counted', async () => {
    await accepted();

    const result = await audited();

    expect(result).toMatchObject({ compared: 1, breaks: [], problem: null, words: '0 breaks of 1' });
    expect((await ask('/ops/fallback')).body.cases.audit).toEqual(result);
    expect(world.log.lines().find(({ msg }) => msg.endsWith('0 breaks of 1'))).toMatchObject({
      level: 'info',
    });
    const metrics = await world.context.metrics.text();
    expect(metrics).toContain('\nproxy_fallback_breaks 0\n');
    expect(metrics).toContain('\nproxy_fallback_cases_open{state="captured"} 1\n');
    expect(metrics).toContain('\nproxy_fallback_cases_open{state="needs-operator"} 0\n');
  });

  it('is made each night as a job, by one instance', async () => {
    const { rows } = await sql<{ cron: string }>`
      select cron from pgboss.schedule where name = 'fallback-audit'`.execute(world.store.db);
    expect(rows).toEqual([{ cron: '23 4 * * *' }]);
    await paid();

    await world.store.jobs.send('fallback-audit', 'now', {});

    const { cases } = await eventually(
      async () => (await ask('/ops/fallback')).body,
      body => body.cases.audit !== null,
    );
    expect(cases.audit).toMatchObject({ words: '0 breaks of 1', problem: null });
    expect(Date.parse(cases.audit.to) - Date.parse(cases.audit.from)).toBe(3 * DAY);
  });

  it('puts right what was only on its way, and then it is not broken', async () => {
    const { id, paymentIntentId } = await paid();
    await operator(id, 'transition/operator-decline-fallback');

    expect(await audited()).toMatchObject({ compared: 1, breaks: [] });
    expect(intentOf(paymentIntentId).status).toBe('canceled');
  });

  /** Nobody works on it any more, whatever is the matter. */
  const abandon = (id: string, values: object = {}) =>
    change(id, { state: 'closed', closed_at: new Date(), outcome: 'cancelled', ...values });

  /** A second one that is held for the same booking. */
  const twin = async (metadata: Record<string, string> = {}) => {
    const [own] = await world.stripe.paymentIntents.list().then(({ data }) => data);
    const { id } = await world.stripe.paymentIntents.create({
      amount: own!.amount,
      currency: own!.currency,
      capture_method: 'manual',
      allowed_payment_method_types: ['card'],
      metadata: { ...own!.metadata, ...metadata },
    });
    await world.pay(id);
    return id;
  };

  it('lets go of what Flex made long after the deadline, where the case is open', async () => {
    await accepted();
    await world.later(5 * 60 * MINUTE);
    const late = await twin({ 'payment-case': '' });

    expect(await audited()).toMatchObject({ compared: 1, breaks: [], problem: null });
    expect(intentOf(late).status).toBe('canceled');
  });

  it('names what Flex made too late for a booking that is over', async () => {
    const { id } = await paid();
    await operator(id, 'transition/operator-decline-fallback');
    await world.later(MINUTE);
    await world.sweep();
    await world.later(5 * 60 * MINUTE);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed' });
    const late = await twin({ 'payment-case': '' });

    expect(await audited()).toMatchObject({
      words: '1 breaks of 1',
      breaks: [{ kind: 'hold-without-booking', transactionId: id, paymentIntentId: late }],
    });
  });

  it('finds a payout that came back, and it is asked for once more when somebody says so', async () => {
    const { id } = await accepted();
    await world.scenario({ name: 'payout-fails', times: 1 });
    await world.later(60 * DAY);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });
    await world.later(2 * DAY);
    expect(await audited()).toMatchObject({ breaks: [] });
    expect(await caseOf(id)).toMatchObject({ state: 'closed' });

    await world.later(2 * DAY);
    expect(await audited()).toMatchObject({ problem: null, breaks: [] });

    const { body } = await ask(`/ops/fallback/cases/${id}`);
    expect(body).toMatchObject({
      state: 'captured',
      needs: 'payout-failed: account_closed',
      meaning: expect.stringMatching(/^The payout was made and came back/),
      outcome: null,
      closedAt: null,
    });
    expect(world.log.lines().findLast(({ step }) => step === 'needs-operator')).toMatchObject({
      level: 'error',
      transactionId: id,
    });
    expect((await act(id, 'retry')).status).toBe(200);
    expect([...world.sandbox.stripe().payouts.values()]).toMatchObject([
      { amount: 13_500, status: 'failed' },
      { amount: 13_500, status: 'pending' },
    ]);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });
    expect(await audited()).toMatchObject({ breaks: [] });
  });

  it('finds a refund that came back', async () => {
    const { id } = await accepted('pm_card_refundFail');
    await world.later(60 * MINUTE);
    await operator(id, 'transition/cancel-fallback');
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'refunded' });
    await world.later(29 * DAY);

    expect(await audited()).toMatchObject({ problem: null });

    expect((await ask(`/ops/fallback/cases/${id}`)).body).toMatchObject({
      needs: 'refund-failed: declined',
      meaning: expect.stringMatching(/^The refund was made and came back/),
      actions: expect.arrayContaining([
        expect.objectContaining({
          action: 'retry',
          does: expect.stringMatching(/given back to the customer/),
        }),
      ]),
    });
  });

  it.each<[string, () => Promise<string>]>([
    [
      'hold-without-booking',
      async () => {
        const { id } = await paid();
        await abandon(id);
        await operator(id, 'transition/operator-decline-fallback');
        return id;
      },
    ],
    [
      'booking-without-payment',
      async () => {
        const { id, paymentIntentId } = await paid();
        await world.stripe.paymentIntents.cancel(paymentIntentId);
        return id;
      },
    ],
    [
      'capture-without-accept',
      async () => {
        const { id, paymentIntentId } = await paid();
        await world.stripe.paymentIntents.capture(paymentIntentId);
        return id;
      },
    ],
    [
      'refund-missing',
      async () => {
        const { id } = await accepted();
        await abandon(id);
        await operator(id, 'transition/cancel-fallback');
        return id;
      },
    ],
    [
      'payout-missing',
      async () => {
        const { id } = await accepted();
        await abandon(id, { outcome: 'paid-out' });
        await world.later(60 * DAY);
        // Within the window that is looked at.
        await change(id, { opened_at: new Date(Date.now() + 60 * DAY) });
        return id;
      },
    ],
    [
      'two-released',
      async () => {
        const { id } = await accepted();
        await twin();
        await abandon(id);
        return id;
      },
    ],
  ])('names %s', async (kind, plant) => {
    const id = await plant();

    const result = await audited();

    expect(result).toMatchObject({
      words: '1 breaks of 1',
      problem: null,
      breaks: [{ kind, transactionId: id, words: expect.any(String) }],
    });
    expect(world.log.lines().findLast(({ msg }) => msg.endsWith('1 breaks of 1'))).toMatchObject({
      level: 'error',
      breaks: [{ kind }],
    });
    expect(await world.context.metrics.text()).toContain('\nproxy_fallback_breaks 1\n');
  });

  it('names a payout that was made twice', async () => {
    const { id } = await accepted();
    await world.later(60 * DAY);
    await world.sweep();
    const [payout] = world.sandbox.stripe().payouts.values();
    world.sandbox.stripe().payouts.set('po_again', { ...payout!, id: 'po_again' });

    expect((await audited()).breaks).toMatchObject([
      { kind: 'two-payouts', transactionId: id, words: `paid out twice: po_again, ${payout!.id}` },
    ]);
  });

  it('names a PaymentIntent of ours without a case, and not one that is cancelled', async () => {
    const { id, paymentIntentId } = await paid();
    await empty(world.store);

    const result = await audited();

    expect(result).toMatchObject({
      compared: 1,
      breaks: [{ kind: 'intent-without-case', transactionId: id, paymentIntentId }],
    });
    await world.stripe.paymentIntents.cancel(paymentIntentId);
    expect(kindsOf(await audited())).toEqual([]);
  });

  it('says that it is not complete, where it could not ask', async () => {
    await paid();
    await world.scenario({ name: 'status', code: 500, route: 'GET /v1/integration_api/transactions/show' });

    expect(await audited()).toMatchObject({
      compared: 0,
      breaks: [],
      problem: expect.stringMatching(/^Flex can not be asked of /),
    });
  });
});

describe('npm run fallback', () => {
  const command = async (...args: string[]) => {
    await using running = run(['scripts/fallback.ts', ...args], {
      PROXY_URL: world.proxyUrl,
      OPERATOR_TOKENS: TOKENS.join(','),
    });
    const code = await running.exit;
    return { code, stdout: running.stdout(), stderr: running.stderr() };
  };

  it('shows how it stands, and switches it off and on', async () => {
    const off = await command('off');
    const status = await command('status');
    const on = await command('on', '--json');

    expect([off.code, off.stdout]).toEqual([0, 'It is off; open cases are finished.\n']);
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/It is +│ off/);
    expect(status.stdout).toMatch(/switched it off/);
    expect(status.stdout).toMatch(/Support case +│ 4711/);
    expect([on.code, JSON.parse(on.stdout)]).toMatchObject([
      0,
      { on: true, cases: { switch: { on: true } } },
    ]);
  });

  it('lists, explains and resolves what needs somebody, in two steps, and compares all sides', async () => {
    const { id, paymentIntentId } = await paid();
    world.sandbox.flex().transactions.get(id)!.state = 'state/of-another-version';
    await world.later(2 * MINUTE);
    await world.sweep();

    const [open, explained, offered] = await Promise.all([
      command('open', '--needs', '--json'),
      command('explain', id),
      command('resolve', id, 'cancel'),
    ]);
    const token = /--token (\S+)/.exec(offered.stdout)![1]!;
    const done = await command('resolve', id, 'cancel', '--token', token);
    const again = await command('resolve', id, 'cancel', '--token', token);
    const audit = await command('audit');

    expect([open.code, JSON.parse(open.stdout)]).toMatchObject([
      2,
      [{ transactionId: id, needs: 'state-unknown' }],
    ]);
    expect(explained.code).toBe(2);
    expect(explained.stdout).toMatch(/needs-operator: why state-unknown/);
    expect(explained.stdout).toMatch(/not now: No money was taken/);
    expect(explained.stdout).toMatch(/15750 EUR \(minor units\), to acct_/);
    expect([offered.code, done.code]).toEqual([0, 0]);
    expect(done.stdout).toMatch(new RegExp(`^Done: ${paymentIntentId} is cancelled`));
    expect(intentOf(paymentIntentId).status).toBe('canceled');
    expect([again.code, again.stderr]).toEqual([1, 'fallback: the service says: Nothing is held.\n']);
    expect([audit.code, audit.stdout]).toEqual([0, '0 breaks of 1\n']);
  }, 60_000);

  it('exits 2 when something is broken, 3 when not all could be asked', async () => {
    const { id, paymentIntentId } = await paid();
    await world.stripe.paymentIntents.cancel(paymentIntentId);

    const broken = await command('audit', '--days', '7');
    const status = await command('status', '--json');
    await world.scenario({ name: 'status', code: 500, route: 'GET /v1/integration_api/transactions/show' });
    const away = await command('audit');

    expect([broken.code, broken.stdout]).toEqual([2, expect.stringMatching(/^1 breaks of 1\n/)]);
    expect(broken.stdout).toMatch(new RegExp(`booking-without-payment +│ ${id}`));
    expect(status.code).toBe(2);
    expect([away.code, away.stdout]).toEqual([
      3,
      expect.stringMatching(/^0 breaks of 0\nNot complete: Flex /),
    ]);
  }, 30_000);

  it('says what is wrong with how it is asked', async () => {
    const nobody = '16c6a4b8-88ee-429b-835a-6725206cd08c';
    const [missing, noAction, nobodys, strange, help] = await Promise.all([
      command('explain'),
      command('resolve', nobody),
      command('explain', nobody),
      command('status', '--days', '7'),
      command('--help'),
    ]);

    expect([missing.code, missing.stderr]).toEqual([1, 'fallback: explain takes the id of a transaction\n']);
    expect([noAction.code, noAction.stderr]).toMatchObject([
      1,
      expect.stringMatching(/resolve takes one of retry/),
    ]);
    expect([nobodys.code, nobodys.stderr]).toEqual([
      1,
      'fallback: the service says: The fallback has no case of this transaction.\n',
    ]);
    expect([strange.code, strange.stderr]).toEqual([1, 'fallback: status takes no --days\n']);
    expect([help.code, help.stdout]).toEqual([
      0,
      expect.stringMatching(/Examples:\n {2}npm run --silent fallback -- status/),
    ]);
  }, 30_000);
});
