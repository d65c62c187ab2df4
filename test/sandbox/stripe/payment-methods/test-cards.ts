/** Stripe's test payment methods and what a charge on each does. */
import { findOwn, hintOfOtherMode, newlyOwned, type StripeCall } from '../context.ts';
import { badRequest, resourceMissing } from '../errors.ts';
import type { Parameters } from '../parameters.ts';
import { newId } from '../world.ts';
import type { MethodDetails, PaymentBehaviour, PaymentMethod } from './entity.ts';

type TestMethod = { details: MethodDetails; behaviour: PaymentBehaviour };

const succeeds: PaymentBehaviour = { kind: 'succeeds' };
const declines = (code: string, declineCode?: string): PaymentBehaviour => ({
  kind: 'declines',
  code,
  ...(declineCode !== undefined && { declineCode }),
});
const asks = (always: boolean, offSession: 'asks' | 'declines'): PaymentBehaviour => ({
  kind: 'wants-authentication',
  always,
  offSession,
});

const card = (brand: string, last4: string, behaviour: PaymentBehaviour): TestMethod => ({
  details: { type: 'card', brand, last4 },
  behaviour,
});
const visa = (last4: string, behaviour: PaymentBehaviour) => card('visa', last4, behaviour);

/** A debit takes days, and may fail at the end of them. */
const bank = (last4: string, outcome: 'succeeds' | 'fails'): TestMethod => ({
  details: { type: 'us_bank_account', brand: 'us_bank_account', last4 },
  behaviour: { kind: 'delayed', outcome },
});

const methods: Record<string, TestMethod> = {
  pm_card_visa: visa('4242', succeeds),
  pm_card_visa_debit: visa('5556', succeeds),
  pm_card_mastercard: card('mastercard', '4444', succeeds),
  pm_card_amex: card('amex', '0005', succeeds),
  pm_card_chargeDeclined: visa('0002', declines('card_declined', 'generic_decline')),
  pm_card_chargeDeclinedInsufficientFunds: visa('9995', declines('card_declined', 'insufficient_funds')),
  pm_card_chargeDeclinedLostCard: visa('9987', declines('card_declined', 'lost_card')),
  pm_card_chargeDeclinedStolenCard: visa('9979', declines('card_declined', 'stolen_card')),
  pm_card_chargeDeclinedExpiredCard: visa('0069', declines('expired_card')),
  pm_card_chargeDeclinedIncorrectCvc: visa('0127', declines('incorrect_cvc')),
  pm_card_chargeDeclinedProcessingError: visa('0119', declines('processing_error')),
  pm_card_authenticationRequired: visa('3155', asks(false, 'declines')),
  pm_card_threeDSecure2Required: visa('3220', asks(true, 'asks')),
  pm_card_threeDSecureRequired: visa('3063', asks(true, 'declines')),
  pm_card_createDispute: visa('0259', { kind: 'succeeds', later: 'dispute' }),
  pm_card_refundFail: visa('5126', { kind: 'succeeds', later: 'refund-fails' }),
  pm_usBankAccount_success: bank('6789', 'succeeds'),
  pm_usBankAccount_accountClosed: bank('1113', 'fails'),
};

/** The payment method that a call gives, if it gives one. */
export function givenPaymentMethod(call: StripeCall, parameters: Parameters): PaymentMethod | undefined {
  const id = parameters.text('payment_method');
  if (id) return usePaymentMethod(call, id);
  const data = parameters.object('payment_method_data');
  if (!data) return undefined;
  const given = data['card'];
  const number = typeof given === 'object' && !Array.isArray(given) ? given['number'] : undefined;
  if (data['type'] !== 'card' || typeof number !== 'string') {
    throw badRequest('The sandbox takes cards only.', { param: 'payment_method_data' });
  }
  return payWithCardNumber(call, number);
}

/** The payment method of that id. Each use of a test name makes a fresh one, as in life. */
export function usePaymentMethod(call: StripeCall, idOrName: string): PaymentMethod {
  const known = Object.hasOwn(methods, idOrName) ? methods[idOrName] : undefined;
  if (known && call.livemode) throw onlyInTestMode(idOrName);
  if (known) return createPaymentMethod(call, known);
  return findOwn(call, call.world.paymentMethods, idOrName, 'PaymentMethod', 'payment_method', 400);
}

const onlyInTestMode = (name: string) =>
  resourceMissing('PaymentMethod', name, 'payment_method', 400, hintOfOtherMode(true));

/** A card typed in by the customer: only the numbers of the test cards above exist, told apart by their last four digits. */
function payWithCardNumber(call: StripeCall, number: string): PaymentMethod {
  const known = Object.values(methods).find(
    ({ details }) => details.type === 'card' && number.replaceAll(' ', '').endsWith(details.last4),
  );
  if (!known) throw badRequest('This is not a test card.', { param: 'payment_method_data[card][number]' });
  return createPaymentMethod(call, known);
}

function createPaymentMethod(call: StripeCall, { details, behaviour }: TestMethod): PaymentMethod {
  const method: PaymentMethod = {
    id: newId(call, 'pm'),
    ...newlyOwned(call),
    customer: null,
    details,
    behaviour,
    setUpForOffSession: false,
    authenticatedFor: null,
  };
  call.world.paymentMethods.set(method.id, method);
  return method;
}
