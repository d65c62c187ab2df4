/** Stripe's test payment methods and what a charge on each does. */
import { badRequest, resourceMissing } from '../errors.ts';
import type { StripeCall } from '../context.ts';
import { newId, seconds } from '../world.ts';
import type { CardBehaviour, PaymentMethod } from './entity.ts';

type TestCard = { brand: string; last4: string; behaviour: CardBehaviour };

const succeeds: CardBehaviour = { kind: 'succeeds' };
const declines = (code: string, declineCode?: string): CardBehaviour => ({
  kind: 'declines',
  code,
  ...(declineCode !== undefined && { declineCode }),
});

const cards: Record<string, TestCard> = {
  pm_card_visa: { brand: 'visa', last4: '4242', behaviour: succeeds },
  pm_card_visa_debit: { brand: 'visa', last4: '5556', behaviour: succeeds },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444', behaviour: succeeds },
  pm_card_amex: { brand: 'amex', last4: '0005', behaviour: succeeds },
  pm_card_chargeDeclined: {
    brand: 'visa',
    last4: '0002',
    behaviour: declines('card_declined', 'generic_decline'),
  },
  pm_card_chargeDeclinedInsufficientFunds: {
    brand: 'visa',
    last4: '9995',
    behaviour: declines('card_declined', 'insufficient_funds'),
  },
  pm_card_chargeDeclinedLostCard: {
    brand: 'visa',
    last4: '9987',
    behaviour: declines('card_declined', 'lost_card'),
  },
  pm_card_chargeDeclinedStolenCard: {
    brand: 'visa',
    last4: '9979',
    behaviour: declines('card_declined', 'stolen_card'),
  },
  pm_card_chargeDeclinedExpiredCard: { brand: 'visa', last4: '0069', behaviour: declines('expired_card') },
  pm_card_chargeDeclinedIncorrectCvc: { brand: 'visa', last4: '0127', behaviour: declines('incorrect_cvc') },
  pm_card_chargeDeclinedProcessingError: {
    brand: 'visa',
    last4: '0119',
    behaviour: declines('processing_error'),
  },
  pm_card_authenticationRequired: {
    brand: 'visa',
    last4: '3155',
    behaviour: { kind: 'wants-authentication', offSession: 'declines' },
  },
  pm_card_threeDSecure2Required: {
    brand: 'visa',
    last4: '3220',
    behaviour: { kind: 'wants-authentication', offSession: 'asks' },
  },
  pm_card_threeDSecureRequired: {
    brand: 'visa',
    last4: '3063',
    behaviour: { kind: 'wants-authentication', offSession: 'declines' },
  },
};

/** The payment method of that id. Each use of a test name makes a fresh one, as in life. */
export function usePaymentMethod(call: StripeCall, idOrName: string): PaymentMethod {
  const card = cards[idOrName];
  if (card) return createPaymentMethod(call, card);
  const known = call.world.paymentMethods.get(idOrName);
  if (!known || known.account !== call.account)
    throw resourceMissing('PaymentMethod', idOrName, 'payment_method', 400);
  return known;
}

/** A card typed in by the customer: only the numbers of the test cards above exist, told apart by their last four digits. */
export function payWithCardNumber(call: StripeCall, number: string): PaymentMethod {
  const card = Object.values(cards).find(({ last4 }) => number.replaceAll(' ', '').endsWith(last4));
  if (!card) throw badRequest('This is not a test card.', { param: 'payment_method_data[card][number]' });
  return createPaymentMethod(call, card);
}

function createPaymentMethod(call: StripeCall, card: TestCard): PaymentMethod {
  const { world, account } = call;
  const method: PaymentMethod = {
    id: newId(world, 'pm'),
    account,
    created: seconds(world),
    customer: null,
    card: { brand: card.brand, last4: card.last4 },
    behaviour: card.behaviour,
  };
  world.paymentMethods.set(method.id, method);
  return method;
}
