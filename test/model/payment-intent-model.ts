/**
 * Stripe's PaymentIntents as a table of rules, written from Stripe's documentation and not from the sandbox: what each
 * call does, or how it is refused. The sandbox must agree with it after every step.
 */

export type Card =
  | 'plain'
  | 'declined'
  | 'three-d-secure'
  | 'slow'
  | 'slow-fails'
  | 'refund-fails'
  | 'disputed';

export type Part = 'none' | 'half' | 'all' | 'over';

export type Step =
  | {
      op: 'create';
      amount: number;
      capture: 'automatic' | 'automatic_async' | 'manual';
      confirmation: 'automatic' | 'manual';
      card: Card | null;
      confirm: boolean;
      destination: boolean;
      fee: Part;
    }
  | { op: 'update'; intent: number; amount: number | null; card: Card | null }
  | { op: 'describe'; intent: number; text: string }
  | { op: 'confirm'; intent: number; card: Card | null }
  | { op: 'authenticate'; intent: number; passed: boolean }
  | { op: 'capture'; intent: number; part: Part }
  | { op: 'cancel'; intent: number }
  | { op: 'refund'; intent: number; part: Part; reverseTransfer: boolean; refundFee: boolean }
  | { op: 'pay-out'; part: Part }
  | { op: 'wait'; seconds: number };

export type Status =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

/** Amounts in minor units of EUR, moments in seconds. */
export type Intent = {
  status: Status;
  amount: number;
  capture: 'automatic' | 'automatic_async' | 'manual';
  confirmation: 'automatic' | 'manual';
  card: Card | null;
  destination: boolean;
  fee: number | null;
  description: string | null;
  error: string | null;
  charged: boolean;
  captured: number;
  refunded: number;
  /** The bank was asked and said yes, and the server has to confirm once more. */
  authenticated: boolean;
  heldUntil: number | null;
  settlesAt: number | null;
  /** Refunds which the bank will send back. */
  returning: { at: number; amount: number }[];
};

/** null: the call is obeyed. */
export type Refusal = { status: number; code: string | undefined; param?: string } | null;

export const DAY = 24 * 60 * 60;
const HOLD = 7 * DAY;
const SLOW = 4 * DAY;
const REFUND_RETURNS_AFTER = 60;

const MINIMUM = 50;
const LARGEST = 99_999_999;

/** What takes days can not be held. */
const fits = (card: Card, captureMethod: Intent['capture']) =>
  captureMethod !== 'manual' || !['slow', 'slow-fails'].includes(card);
const incompatible: Refusal = {
  status: 400,
  code: 'payment_intent_incompatible_payment_method',
  param: 'payment_method',
};

const open: Status[] = ['requires_payment_method', 'requires_confirmation', 'requires_action'];
const unexpected: Refusal = { status: 400, code: 'payment_intent_unexpected_state' };

export const partOf = (whole: number, part: Part): number =>
  ({ none: 0, half: Math.floor(whole / 2), all: whole, over: whole + 1 })[part];

const notPositive = (param: string): Refusal => ({ status: 400, code: 'parameter_invalid_integer', param });

const amountRefusal = (amount: number): Refusal => {
  if (amount < 1) return notPositive('amount');
  if (amount < MINIMUM) return { status: 400, code: 'amount_too_small', param: 'amount' };
  return amount > LARGEST ? { status: 400, code: 'amount_too_large', param: 'amount' } : null;
};

/** What a create leaves behind, and whether it is refused: a declined one leaves a PaymentIntent all the same. */
export function create(
  step: Step & { op: 'create' },
  now: number,
): { intent: Intent | null; refusal: Refusal } {
  const fee = step.destination && step.fee !== 'none' ? partOf(step.amount, step.fee) : null;
  const refusal =
    amountRefusal(step.amount) ??
    (fee !== null && fee > step.amount
      ? { status: 400, code: undefined, param: 'application_fee_amount' }
      : null);
  if (refusal) return { intent: null, refusal };
  if (step.card && !fits(step.card, step.capture)) return { intent: null, refusal: incompatible };
  const intent: Intent = {
    status: step.card ? 'requires_confirmation' : 'requires_payment_method',
    amount: step.amount,
    capture: step.capture,
    confirmation: step.confirmation,
    card: step.card,
    destination: step.destination,
    fee,
    description: null,
    error: null,
    charged: false,
    captured: 0,
    refunded: 0,
    authenticated: false,
    heldUntil: null,
    settlesAt: null,
    returning: [],
  };
  if (!step.confirm) return { intent, refusal: null };
  // What is refused before anything is tried leaves nothing.
  if (!step.card) return { intent: null, refusal: unexpected };
  return { intent, refusal: charge(intent, step.card, now) };
}

/** Changes `intent` as the call would, or says how it is refused. */
export function apply(intent: Intent, step: Step, now: number): Refusal {
  switch (step.op) {
    case 'update':
      return update(intent, step.amount, step.card);
    case 'describe':
      intent.description = step.text;
      return null;
    case 'confirm':
      if (!open.includes(intent.status)) return unexpected;
      if (step.card && !fits(step.card, intent.capture)) return incompatible;
      if (!step.card && !intent.card) return unexpected;
      // Each card that is named is a new one to the bank.
      if (step.card) intent.authenticated = false;
      return charge(intent, step.card ?? intent.card!, now);
    case 'authenticate':
      return authenticate(intent, step.passed, now);
    case 'capture':
      return capture(intent, step.part);
    case 'cancel':
      return cancel(intent);
    case 'refund':
      return refund(intent, step.part, now);
    default:
      return null;
  }
}

function update(intent: Intent, amount: number | null, card: Card | null): Refusal {
  if (amount === null && card === null) return null;
  if (!open.includes(intent.status)) return unexpected;
  const refusal = amount === null ? null : amountRefusal(amount);
  if (refusal) return refusal;
  if (card && !fits(card, intent.capture)) return incompatible;
  intent.amount = amount ?? intent.amount;
  if (card) {
    Object.assign(intent, { card, authenticated: false });
    intent.status = 'requires_confirmation';
  }
  return null;
}

function charge(intent: Intent, card: Card, now: number): Refusal {
  intent.card = card;
  if (card === 'three-d-secure' && !intent.authenticated) {
    intent.status = 'requires_action';
    return null;
  }
  intent.charged = true;
  if (card === 'declined') {
    Object.assign(intent, { status: 'requires_payment_method', card: null, error: 'card_declined' });
    return { status: 402, code: 'card_declined' };
  }
  intent.error = null;
  if (card === 'slow' || card === 'slow-fails') {
    Object.assign(intent, { status: 'processing', settlesAt: now + SLOW });
    return null;
  }
  authorise(intent, now);
  return null;
}

function authorise(intent: Intent, now: number): void {
  intent.charged = true;
  intent.error = null;
  if (intent.capture === 'manual') {
    Object.assign(intent, { status: 'requires_capture', heldUntil: now + HOLD });
  } else Object.assign(intent, { status: 'succeeded', captured: intent.amount });
}

function authenticate(intent: Intent, passed: boolean, now: number): Refusal {
  if (intent.status !== 'requires_action') return { status: 400, code: undefined };
  if (!passed) {
    Object.assign(intent, {
      status: 'requires_payment_method',
      card: null,
      error: 'payment_intent_authentication_failure',
    });
  } else if (intent.confirmation === 'manual') {
    Object.assign(intent, { status: 'requires_confirmation', authenticated: true });
  } else authorise(intent, now);
  return null;
}

/** Parameters are looked at first, then the state. */
function capture(intent: Intent, part: Part): Refusal {
  const amount = partOf(intent.amount, part);
  if (amount < 1) return notPositive('amount_to_capture');
  if (intent.status !== 'requires_capture') return unexpected;
  if (amount > intent.amount) return { status: 400, code: 'amount_too_large', param: 'amount_to_capture' };
  Object.assign(intent, { status: 'succeeded', captured: amount });
  return null;
}

function cancel(intent: Intent): Refusal {
  if (intent.status === 'succeeded' || intent.status === 'canceled') return unexpected;
  release(intent);
  return null;
}

/** A hold that is let go of counts as refunded. */
function release(intent: Intent): void {
  if (intent.status === 'requires_capture') intent.refunded = intent.amount;
  intent.status = 'canceled';
}

function refund(intent: Intent, part: Part, now: number): Refusal {
  const rest = intent.captured - intent.refunded;
  const amount = partOf(rest, part);
  if (amount < 1 && part !== 'all') return notPositive('amount');
  if (intent.captured === 0) return { status: 400, code: undefined, param: 'payment_intent' };
  if (intent.card === 'disputed') return { status: 400, code: 'charge_disputed' };
  if (rest === 0) return { status: 400, code: 'charge_already_refunded' };
  if (amount > rest) return { status: 400, code: undefined, param: 'amount' };
  intent.refunded += amount;
  if (intent.card === 'refund-fails') intent.returning.push({ at: now + REFUND_RETURNS_AFTER, amount });
  return null;
}

/** What time alone does to a PaymentIntent. */
export function wait(intent: Intent, now: number): void {
  if (intent.status === 'processing' && intent.settlesAt! <= now) {
    if (intent.card === 'slow') authorise(intent, intent.settlesAt!);
    else Object.assign(intent, { status: 'requires_payment_method', card: null, error: 'account_closed' });
  }
  if (intent.status === 'requires_capture' && intent.heldUntil! <= now) release(intent);
  const [returned, outstanding] = [
    intent.returning.filter(({ at }) => at <= now),
    intent.returning.filter(({ at }) => at > now),
  ];
  intent.returning = outstanding;
  intent.refunded -= returned.reduce((sum, { amount }) => sum + amount, 0);
}

/** What is left of it for platform and provider. A cardholder's bank takes all of it back. */
export const kept = ({ card, captured, refunded }: Intent): number =>
  card === 'disputed' || captured === 0 ? 0 : captured - refunded;

/** What Stripe shows of it. */
export const shown = (intent: Intent) => ({
  status: intent.status,
  amount: intent.amount,
  amount_capturable: intent.status === 'requires_capture' ? intent.amount : 0,
  amount_received: intent.status === 'succeeded' ? intent.captured : 0,
  hasPaymentMethod: intent.card !== null,
  hasCharge: intent.charged,
  error: intent.error,
  description: intent.description,
  refunded: intent.refunded,
});
