/** Faults of the design, each a change of the sources as they are loaded: the simulation has to find every one. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

type Change = { file: string; from: string; to: string };

const root = path.join(import.meta.dirname, '../../..');

const CASE = 'server/domain/fallback/case.ts';
const GIVE_BACK = 'server/domain/fallback/give-back.ts';
const LADDER = 'server/domain/fallback/ladder.ts';
const NEXT = 'server/domain/fallback/next.ts';
const PAY = 'server/domain/fallback/pay.ts';
const RESOLVE = 'server/domain/fallback/resolve.ts';
const CAME_BACK = 'server/fallback/came-back.ts';
const RUN = 'server/fallback/run.ts';
const CASES = 'server/store/payment-cases.ts';

export const mutants: Record<string, Change[]> = {
  'fresh-key-each-time': [{ file: CASE, from: ':g${generation}`', to: ':g${generation}:${Math.random()}`' }],
  'no-24-hour-rule': [{ file: CASE, from: 'KEY_LIVES_MS = 23 * 3_600_000', to: 'KEY_LIVES_MS = Infinity' }],
  'one-look-is-enough': [
    { file: RESOLVE, from: 'if (op.missedAt === null) return', to: 'if (false) return' },
    { file: RESOLVE, from: 'at - op.missedAt < BETWEEN_LOOKS_MS', to: 'false' },
  ],
  'unknown-is-failed': [
    {
      file: RUN,
      from: "const isFinal = answer.outcome === 'refused' && answer.code !== 'payment_intent_unexpected_state';",
      to: 'const isFinal = true;',
    },
    { file: RUN, from: "state: 'refused', code: answer.code }", to: "state: 'refused', code: 'failed' }" },
  ],
  'no-fence': [
    {
      file: CASES,
      from: 'where id = ${held.row.id} and fence = ${held.row.fence}\n      returning *)',
      to: 'where id = ${held.row.id}\n      returning *)',
    },
  ],
  'released-before-linked': [
    {
      file: PAY,
      from: "if (!isAtLeast(c.state, 'linked')) return link(c, c.paymentIntentId, flex, evidence, now);",
      to: '',
    },
    { file: CASES, from: ".where('state', '=', 'linked')", to: '' },
  ],
  'released-too-late': [
    {
      file: LADDER,
      from: 'stopRelease: deadline - Math.min(5 * MINUTE, periodMs / 3)',
      to: 'stopRelease: deadline + 5 * MINUTE',
    },
  ],
  'closed-before-cancelled': [
    { file: NEXT, from: "giveBack(c, ops, evidence, now, flex.phase === 'elsewhere') ??", to: '' },
  ],
  'expired-before-cancelled': [
    {
      file: PAY,
      from: "const back = giveBack(c, ops, evidence, now, phase === 'before-lane');",
      to: 'const back = null;',
    },
    {
      file: NEXT,
      from: "giveBack(c, ops, evidence, now, flex.phase === 'elsewhere') ??",
      to: "(c.ending === 'ran-out' ? null : giveBack(c, ops, evidence, now, flex.phase === 'elsewhere')) ??",
    },
  ],
  'cancelled-while-it-may-be-booked': [
    {
      file: PAY,
      from: "if (now >= ladder.cancel && c.sent?.move !== 'advance')",
      to: 'if (now >= ladder.cancel)',
    },
  ],
  'booked-without-a-look': [
    { file: PAY, from: "if (!isHeld(intent)) return { do: 'wait'", to: "if (false) return { do: 'wait'" },
  ],
  'flexs-own-is-not-looked-for': [
    {
      file: PAY,
      from: "if (c.way === 'clean' && evidence.heard.length === 0) return { intents: [] };",
      to: 'return { intents: [] };',
    },
    {
      file: GIVE_BACK,
      from: 'if (!mayHaveTwo && !mayHaveFlexs) return null;',
      to: 'return null;',
    },
  ],
  'not-cancelled-before-another-is-taken': [
    {
      file: PAY,
      from: "if (own.status === 'canceled') return { do: 'adopt', intent: first };",
      to: "return { do: 'adopt', intent: first };",
    },
  ],
  'taken-without-capture': [
    {
      file: NEXT,
      from: "if (intent?.status === 'succeeded') return move(c, 'captured', evidence, now);",
      to: "if (intent !== null && intent.status !== 'canceled') return move(c, 'captured', evidence, now);",
    },
  ],
  'nobody-pays-the-provider': [
    {
      file: NEXT,
      from: 'accepted(c, evidence, now) ?? dropLate(c, ops, evidence, now) ?? payOut(c, ops, evidence, now)',
      to: "accepted(c, evidence, now) ?? { do: 'close', outcome: 'paid-out' }",
    },
  ],
  'sent-before-it-is-written': [
    {
      file: RUN,
      from: "const lost = await write(work, { op: sent, note: noteOf(work, sent, 'sent') });",
      to: 'const lost = null;',
    },
  ],
  'moved-before-it-is-written': [
    {
      file: RUN,
      from: 'const lost = await write(work, { change: { sent_move: which, sent_at: new Date(now) } });',
      to: 'const lost = null as Run | null; void now;',
    },
  ],
  'superseded-while-it-enters': [
    { file: PAY, from: "if (c.sent?.move !== 'enter') {", to: 'if (now > 0) {' },
  ],
  'off-means-stop': [
    {
      file: CASES,
      from: 'where closed_at is null and needs is null and lease_until <= proxy.app_now()',
      to: 'where closed_at is null and needs is null and lease_until <= proxy.app_now() and not exists (select 1 from proxy.switches where not is_on)',
    },
  ],
  'only-when-told': [{ file: CASES, from: 'and (next_at <= proxy.app_now()', to: 'and (false' }],
  'a-late-one-that-events-tell-of-is-not-heard': [
    { file: RUN, from: '...(await heardOf(deps.db, held.row))', to: '...[]' },
  ],
  'a-payout-is-done-when-it-is-made': [
    {
      file: CAME_BACK,
      from: "if (found?.status !== 'failed' && found?.status !== 'canceled') return 'looked';",
      to: "if (found) return 'looked';",
    },
  ],
  'refund-of-what-is-only-held': [
    {
      file: GIVE_BACK,
      from: "intent.status === 'succeeded' ? refund(intent, ops) : cancel(c, id, ops, now)",
      to: 'refund(intent, ops)',
    },
  ],
};

export const mutantNames = Object.keys(mutants);

/** Its changes; an error where the sources are not what it changes any more. */
export function changesOf(name: string): Change[] {
  const changes = mutants[name];
  if (!changes) throw new Error(`There is no mutant ${name}: ${mutantNames.join(', ')}`);
  for (const { file, from } of changes)
    if (readFileSync(path.join(root, file), 'utf8').split(from).length !== 2)
      throw new Error(`${name}: ${file} does not hold it once: ${from}`);
  return changes;
}

export function applyMutant(name: string): void {
  const changes = changesOf(name);
  const files = new Map(changes.map(change => [path.join(root, change.file), change]));
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const change = url.startsWith('file:') ? files.get(fileURLToPath(url)) : undefined;
      if (!change) return loaded;
      const source = changes
        .filter(({ file }) => file === change.file)
        .reduce(
          (text, { from, to }) => text.replace(from, () => to),
          readFileSync(fileURLToPath(url), 'utf8'),
        );
      return { ...loaded, source };
    },
  });
}
