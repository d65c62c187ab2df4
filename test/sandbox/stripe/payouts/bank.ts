/** A payout on its way: with the bank after some hours, there after a day, and sometimes sent back when it was said to be paid. */
import { post } from '../balance/post.ts';
import { byItself, writeEvent, writeUpdate, type Cause } from '../events/write.ts';
import type { Payout } from './entity.ts';
import { payoutWire } from './wire.ts';

const HOUR = 60 * 60 * 1000;
const WITH_THE_BANK_AFTER_MS = 6 * HOUR;
export const ARRIVES_AFTER_MS = 24 * HOUR;
/** Up to five working days; the bank takes two. */
const SENT_BACK_AFTER_MS = 72 * HOUR;

export function sendToBank(cause: Cause, payout: Payout): void {
  const { clock, scenarios } = cause.world;
  const stripe = byItself(cause);
  const start = clock.now();
  clock.at(start + WITH_THE_BANK_AFTER_MS, () => {
    if (payout.status !== 'pending') return;
    const before = payoutWire(payout);
    payout.status = 'in_transit';
    writeUpdate(stripe, 'payout.updated', before, payoutWire(payout));
  });
  clock.at(start + ARRIVES_AFTER_MS, () => {
    if (payout.status !== 'in_transit') return;
    payout.status = 'paid';
    writeEvent(stripe, 'payout.paid', payoutWire(payout));
    const failing = scenarios.takeFor('payout-fails', 'POST /v1/payouts', true);
    if (failing)
      clock.at(start + SENT_BACK_AFTER_MS, () => sendBack(stripe, payout, String(failing['code'])));
  });
}

function sendBack(stripe: Cause, payout: Payout, code: string): void {
  const { account, amount, currency, id } = payout;
  const entry = post(stripe, { account, amount, currency, source: id, type: 'payout_failure' });
  payout.status = 'failed';
  payout.failure = {
    balanceTransaction: entry.id,
    code,
    message: `The bank sent the payout back: ${code}.`,
  };
  writeEvent(stripe, 'payout.failed', payoutWire(payout));
}
