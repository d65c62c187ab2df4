/** What a call says about a PaymentIntent, checked against the accounts, customers and methods that there are. */
import type { Account } from '../accounts/entity.ts';
import { asRestrictedNow } from '../accounts/rules.ts';
import { findOwn, type StripeCall } from '../context.ts';
import { badRequest, insufficientCapabilities, resourceMissing } from '../errors.ts';
import type { Parameters } from '../parameters.ts';
import type { MethodDetails } from '../payment-methods/entity.ts';
import { givenPaymentMethod } from '../payment-methods/test-cards.ts';
import type { PaymentIntent } from './entity.ts';

export function readCustomer(call: StripeCall, parameters: Parameters): string | null {
  const id = parameters.text('customer');
  if (id === undefined) return null;
  const customer = findOwn(call, call.world.customers, id, 'customer', 'customer', 400);
  if (customer.deleted) throw resourceMissing('customer', id, 'customer', 400);
  return id;
}

/** null: any method that is switched on in the dashboard. */
export function readMethodTypes(parameters: Parameters, old: PaymentIntent['allowedPaymentMethodTypes']) {
  return parameters.has('allowed_payment_method_types')
    ? parameters.list('allowed_payment_method_types')
    : old;
}

export function readExcludedTypes(parameters: Parameters, old: PaymentIntent['excludedPaymentMethodTypes']) {
  if (!parameters.has('excluded_payment_method_types')) return old;
  const types = parameters.list('excluded_payment_method_types');
  return types.length > 0 ? types : null;
}

/** A list of types leaves no room for the two other ways to choose them. */
export function assertOneChoiceOfTypes(parameters: Parameters): void {
  if (!parameters.has('allowed_payment_method_types')) return;
  for (const other of ['excluded_payment_method_types', 'automatic_payment_methods']) {
    if (parameters.has(other)) {
      throw badRequest(
        `You may only specify one of these parameters: allowed_payment_method_types, ${other}.`,
        {
          param: other,
        },
      );
    }
  }
}

type Terms = Pick<
  PaymentIntent,
  'captureMethod' | 'allowedPaymentMethodTypes' | 'excludedPaymentMethodTypes'
>;

/** The payment method that a call gives, if it gives one, and if such a payment can be made with it. */
export function readPaymentMethod(call: StripeCall, parameters: Parameters, terms: Terms) {
  const method = givenPaymentMethod(call, parameters);
  if (method?.behaviour.kind === 'delayed' && terms.captureMethod === 'manual') {
    throw incompatible('This payment method does not support manual capture.');
  }
  if (method && !allows(terms, method.details.type)) {
    throw incompatible(
      `The PaymentMethod provided (${method.details.type}) is not allowed for this PaymentIntent.`,
    );
  }
  return method;
}

const allows = (terms: Terms, type: MethodDetails['type']) =>
  (terms.allowedPaymentMethodTypes?.includes(type) ?? true) &&
  !terms.excludedPaymentMethodTypes?.includes(type);

const incompatible = (message: string) =>
  badRequest(message, { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' });

/** A card statement begins with the account's own text; only its end can be chosen. */
export function assertNoStatementDescriptor(parameters: Parameters, types: string[] | null): void {
  if (parameters.has('statement_descriptor') && (types?.includes('card') ?? true)) {
    throw badRequest(
      'The statement_descriptor parameter is not supported for card charges; use statement_descriptor_suffix.',
      { param: 'statement_descriptor' },
    );
  }
}

export function readApplicationFee(
  parameters: Parameters,
  amount: number,
  transferData: PaymentIntent['transferData'],
): number | null {
  const fee = parameters.integer('application_fee_amount');
  if (fee === undefined) return null;
  const refuse = (message: string) => badRequest(message, { param: 'application_fee_amount' });
  if (!transferData) {
    throw refuse(
      'Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment or a destination payment.',
    );
  }
  if (transferData.amount !== null) {
    throw refuse('application_fee_amount and transfer_data[amount] can not be given together.');
  }
  if (fee < 0 || fee > amount) {
    throw refuse('The application fee cannot be greater than the amount of the payment.');
  }
  return fee;
}

/** The part that goes to the destination; `null` when all of it does. */
export function readTransferAmount(
  parameters: Parameters,
  amount: number,
  old: PaymentIntent['transferData'],
): PaymentIntent['transferData'] {
  const given = parameters.object('transfer_data')?.['amount'];
  if (given === undefined) return old;
  const refuse = (message: string) => badRequest(message, { param: 'transfer_data[amount]' });
  if (!old) throw refuse('This PaymentIntent has no destination to transfer to.');
  if (Number(given) > amount) throw refuse('The transfer cannot be greater than the amount of the payment.');
  return { ...old, amount: Number(given) };
}

export function readDestination(call: StripeCall, parameters: Parameters, amount: number) {
  const destination = parameters.object('transfer_data')?.['destination'];
  const onBehalfOf = parameters.text('on_behalf_of') ?? null;
  const settles = onBehalfOf === null ? undefined : findAccount(call, onBehalfOf, 'on_behalf_of');
  if (settles && !settles.chargesEnabled) throw badRequest('Your account cannot currently make charges.');
  if (typeof destination !== 'string') return { onBehalfOf, transferData: null };
  const account =
    destination === onBehalfOf ? settles! : findAccount(call, destination, 'transfer_data[destination]');
  if (account.capabilities.transfers !== 'active') {
    throw insufficientCapabilities('transfer_data[destination]');
  }
  return { onBehalfOf, transferData: readTransferAmount(parameters, amount, { destination, amount: null }) };
}

function findAccount(call: StripeCall, id: string, param: string): Account {
  const account = call.world.accounts.get(id);
  if (!account) throw resourceMissing('account', id, param, 400);
  return asRestrictedNow(call.world, account);
}
