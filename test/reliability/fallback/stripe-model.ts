/** A small Stripe that is nastier than the real one: it loses answers, keeps errors under keys, and forgets keys after a day. */
import type { Intent, Moved } from '../../../server/domain/fallback/evidence.ts';
import type { Answer, StripePort } from '../../../server/fallback/ports.ts';
import type { Gates } from './gates.ts';
import type { Does } from './strikes.ts';
import type { World } from './world.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

export type ModelIntent = Intent & {
  isReleased: boolean;
  createdAt: number;
  past: { at: number; intent: Intent }[];
};

export type StripeModel = ReturnType<typeof createStripeModel>;

export function createStripeModel(world: World) {
  const intents = new Map<string, ModelIntent>();
  const keys = new Map<string, { at: number; words: string; answer: Answer<never> | Answer<any> | '500' }>();
  const refunds: (Moved & { intent: string; at: number })[] = [];
  const payouts: (Moved & { account: string; at: number })[] = [];
  const { random } = world;
  /** Who lists then does not see the newest. */
  let slowUntil = 0;
  /** For once, for a reason of the bank's. */
  const rare = {
    captureRefused: random.chance(4),
    payoutRefused: random.chance(3),
    payoutComesBack: random.chance(8),
  };

  const body = () =>
    Array.from(
      { length: 24 },
      () => 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789'[random.between(0, 58)]!,
    ).join('');
  const newIntent = (
    given: Omit<Intent, 'id' | 'status' | 'amountReceived' | 'amountRefunded' | 'authorisedAt'>,
  ) => {
    const intent: ModelIntent = {
      ...given,
      id: `pi_${body()}`,
      status: 'requires_payment_method',
      amountReceived: 0,
      amountRefunded: 0,
      authorisedAt: null,
      isReleased: false,
      createdAt: world.now(),
      past: [],
    };
    intents.set(intent.id, intent);
    return intent;
  };
  const change = (intent: ModelIntent, to: Partial<Intent>) => {
    intent.past.push({ at: world.now(), intent: shown(intent) });
    Object.assign(intent, to);
    world.changed();
    world.tell(
      `stripe: ${intent.caseId === null ? "flex's" : 'our'} ${intent.id.slice(0, 8)} is ${intent.status}`,
    );
  };

  const unexpected: Answer<never> = { outcome: 'refused', code: 'payment_intent_unexpected_state' };
  const done = <T>(value: T): Answer<T> => ({ outcome: 'done', value, requestId: null });

  const deeds = {
    create(order: Parameters<StripePort['create']>[0]): Answer<Intent> {
      const { id, transactionId, amount, currency, fee, destination } = order;
      return done(
        shown(
          newIntent({
            caseId: id,
            transactionId,
            amount,
            currency: currency.toLowerCase(),
            fee,
            destination,
          }),
        ),
      );
    },
    cancel(id: string): Answer<Intent> {
      const intent = intents.get(id)!;
      if (intent.status === 'canceled' || intent.status === 'succeeded') return unexpected;
      change(intent, { status: 'canceled' });
      return done(shown(intent));
    },
    capture(id: string): Answer<Intent> {
      const intent = intents.get(id)!;
      if (rare.captureRefused) return { outcome: 'refused', code: 'charge_expired_for_capture' };
      if (intent.status !== 'requires_capture') return unexpected;
      change(intent, { status: 'succeeded', amountReceived: intent.amount });
      return done(shown(intent));
    },
    refund({ paymentIntentId, amount, mark }: Parameters<StripePort['refund']>[0]): Answer<Moved> {
      const intent = intents.get(paymentIntentId)!;
      if (intent.amountReceived - intent.amountRefunded < amount)
        return { outcome: 'refused', code: 'charge_already_refunded' };
      change(intent, { amountRefunded: intent.amountRefunded + amount });
      const refund = {
        id: `re_${body()}`,
        amount,
        status: 'succeeded',
        op: mark,
        intent: paymentIntentId,
        at: world.now(),
      };
      refunds.push(refund);
      return done(refund);
    },
    payOut({ account, amount, mark }: Parameters<StripePort['payOut']>[0]): Answer<Moved> {
      // The account has the money of other bookings too: a second payout would go through.
      if (rare.payoutRefused) return { outcome: 'refused', code: 'payouts_not_allowed' };
      const payout = { id: `po_${body()}`, amount, status: 'pending', op: mark, account, at: world.now() };
      payouts.push(payout);
      world.tell('stripe: a payout');
      if (rare.payoutComesBack)
        world.at(world.now() + random.between(HOUR, 5 * DAY), () => {
          payouts[payouts.indexOf(payout)] = { ...payout, status: 'failed', code: 'account_closed' };
          world.tell('stripe: the payout came back');
          model.onPayoutBack();
        });
      return done(payout);
    },
  };

  /** As Stripe does it with a key. */
  const execute = <T>(key: string, words: string, deed: () => Answer<T>, keeps500: boolean): Answer<T> => {
    const known = keys.get(key);
    if (known && world.now() - known.at < DAY) {
      if (known.words !== words) return { outcome: 'unknown', trouble: 'the key was used', isSaved: true };
      return known.answer === '500'
        ? { outcome: 'unknown', trouble: 'status 500', isSaved: true }
        : known.answer;
    }
    if (keeps500) {
      if (random.chance(50)) deed();
      keys.set(key, { at: world.now(), words, answer: '500' });
      return { outcome: 'unknown', trouble: 'status 500', isSaved: false };
    }
    const answer = deed();
    keys.set(key, { at: world.now(), words, answer });
    return answer;
  };

  const keeps500 = (key: string, name: string, words: unknown): Answer<never> => {
    keys.set(key, { at: world.now(), words: JSON.stringify([name, words]), answer: '500' });
    return { outcome: 'unknown', trouble: 'status 500', isSaved: false };
  };
  const lost: Answer<never> = { outcome: 'unknown', trouble: 'no answer', isSaved: false };
  const notNow: Answer<never> = { outcome: 'not-now', trouble: 'no connection' };

  /** The port of one process. */
  const port = (gates: Gates): StripePort => {
    const wish = async <T>(
      name: string,
      key: string,
      words: unknown,
      deed: () => Answer<T>,
    ): Promise<Answer<T>> => {
      await gates.pass(`before stripe ${name}`);
      gates.takes(random.between(20, 400));
      const run = () => execute(key, JSON.stringify([name, words]), deed, false);
      const answer = ((): Answer<T> => {
        if (world.springs(name, 'leave')) {
          run();
          world.goesAway('stripe', random.between(22 * HOUR, 40 * HOUR));
          return lost;
        }
        if (world.springs(name, 'keep-500')) {
          deed();
          keys.set(key, { at: world.now(), words: JSON.stringify([name, words]), answer: '500' });
          slowUntil = world.now() + 30_000;
          return { outcome: 'unknown', trouble: 'status 500', isSaved: false };
        }
        switch (world.strikes(`stripe ${name}`, isAnswer)) {
          case 'lost':
            return lost;
          case 'done-lost':
            run();
            return lost;
          case 'not-now':
            return notNow;
          case 'late':
            world.at(world.now() + 15_000, run);
            return lost;
          case 'under-way':
            return { outcome: 'unknown', trouble: 'under way', isSaved: false };
          case 'saved-500':
            run();
            return keeps500(key, name, words);
          case 'saved-500-undone':
            return keeps500(key, name, words);
          case 'leaves':
            run();
            world.goesAway('stripe', 25 * HOUR);
            return lost;
          default:
        }
        const outage = world.outage('stripe');
        if (outage?.does === 'not-now') return notNow;
        if (outage) {
          if (outage.does === 'do-and-lose') run();
          return lost;
        }
        if (!world.goesWrong(world.faults.call)) return run();
        switch (random.between(0, 5)) {
          case 0:
            return lost;
          case 1:
            run();
            return lost;
          case 2:
            return execute(key, JSON.stringify([name, words]), deed, true);
          case 3:
            return notNow;
          case 4:
            // Still on its way when the answer is given up.
            world.at(world.now() + random.between(1_000, 20_000), run);
            return lost;
          default:
            return { outcome: 'unknown', trouble: 'under way', isSaved: false };
        }
      })();
      if (world.isSprung && answer === lost && random.chance(50)) gates.crash(`in an ambush at ${name}`);
      if (answer.outcome === 'unknown' || answer.outcome === 'not-now') {
        world.trouble(`${name}: ${answer.outcome}`);
        gates.takes(5_000);
      }
      await gates.pass(`after stripe ${name}`);
      return answer;
    };
    const look = async <T>(name: string, read: (asOf: number) => T) => {
      await gates.pass(`before stripe ${name}`);
      gates.takes(random.between(20, 400));
      const struck = world.strikes(`stripe ${name}`, isAnswer);
      const isAway =
        struck === 'away' || world.outage('stripe') !== undefined || world.goesWrong(world.faults.call);
      if (isAway) {
        world.trouble(`${name}: away`);
        gates.takes(5_000);
      }
      const isSlow = struck === 'old' || world.now() < slowUntil || world.goesWrong(world.faults.lag);
      const lag = isSlow ? random.between(5_000, 30_000) : 0;
      const value = isAway ? undefined : read(world.now() - lag);
      await gates.pass(`after stripe ${name}`);
      return value === undefined
        ? ({ outcome: 'unknown', trouble: 'unavailable' } as const)
        : ({ outcome: 'found', value } as const);
    };
    return {
      create: (order, key) => wish('create', key, order, () => deeds.create(order)),
      cancel: (id, key) => wish('cancel', key, id, () => deeds.cancel(id)),
      capture: (id, amount, key) => wish('capture', key, [id, amount], () => deeds.capture(id)),
      refund: (order, key) => wish('refund', key, order, () => deeds.refund(order)),
      payOut: (order, key) => wish('payout', key, order, () => deeds.payOut(order)),
      intent: id => look('intent', asOf => at(intents.get(id)!, asOf)),
      intentsOf: (transactionId, window) =>
        look('intents', asOf => ({
          intents: [...intents.values()]
            .filter(
              intent =>
                intent.transactionId === transactionId &&
                intent.createdAt <= asOf &&
                window.from <= intent.createdAt &&
                intent.createdAt <= window.to,
            )
            .map(intent => at(intent, asOf)),
          isComplete: true,
        })),
      refundsOf: id => look('refunds', asOf => refunds.filter(one => one.intent === id && one.at <= asOf)),
      payoutsOf: (account, window) =>
        look('payouts', asOf =>
          payouts.filter(
            one => one.account === account && one.at <= asOf && window.from <= one.at && one.at <= window.to,
          ),
        ),
      shareOf: id =>
        look('share', () => {
          const intent = intents.get(id)!;
          return { amount: intent.amount - intent.fee, currency: intent.currency, availableAt: 0 };
        }),
      async clientSecret(id) {
        const found = await look('secret', () => id);
        if (found.outcome !== 'found') return found;
        return { outcome: 'found', value: model.release(id) };
      },
    };
  };

  const model = {
    intents,
    refunds,
    payouts,
    rare,
    newIntent,
    change,
    port,
    /** Replaced by whoever looks on. */
    onPayoutBack: (): void => undefined,
    onRelease: (_intent: ModelIntent): void => undefined,
    release(id: string) {
      const intent = intents.get(id)!;
      model.onRelease(intent);
      intent.isReleased = true;
      return `${id}_secret_aBcDeFgHiJkLmNoPqRsTuVwXy`;
    },
  };
  return model;
}

/** What is not about the process that asks. */
export const isAnswer = (does: Does): boolean => !/^(crash|sleep)-/.test(does);

const shown = ({
  past: _past,
  isReleased: _released,
  createdAt: _created,
  ...intent
}: ModelIntent): Intent => ({ ...intent });

/** As it was. */
const at = (intent: ModelIntent, asOf: number): Intent =>
  intent.past.find(one => one.at > asOf)?.intent ?? shown(intent);
