/** What the Marketplace API lets a user do with Stripe: saved cards, and the connected account of a provider. */
import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument, leaf, type Node } from '../document.ts';
import { conflict, FlexRefusal, notFound } from '../errors.ts';
import { recordUser } from '../events/record.ts';
import { stripeCustomerNode } from '../nodes.ts';
import { lineToStripe, stripeRefusalData } from '../stripe-client.ts';
import { textOf } from '../transactions/routes.ts';
import type { User } from '../users/entity.ts';
import { Uuid } from '../values.ts';
import { stripeAccountResource } from './wire.ts';

export const stripeObjectRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/create',
    access: 'acting',
    body: ['stripePaymentMethodId', 'stripeCustomerEmail'],
    handle: createCustomer,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/add_payment_method',
    access: 'acting',
    body: ['stripePaymentMethodId'],
    handle: addPaymentMethod,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/delete_payment_method',
    access: 'acting',
    body: [],
    handle: deletePaymentMethod,
  }),
  apiRoute({ method: 'GET', path: '/v1/api/stripe_account/fetch', access: 'acting', handle: fetchAccount }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_account/create',
    access: 'acting',
    body: [
      'country',
      'accountToken',
      'bankAccountToken',
      'requestedCapabilities',
      'businessProfileMCC',
      'businessProfileURL',
    ],
    handle: createAccount,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_account/update',
    access: 'acting',
    body: ['accountToken', 'bankAccountToken', 'requestedCapabilities'],
    handle: updateAccount,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_account_links/create',
    access: 'acting',
    body: ['failureURL', 'successURL', 'type', 'collect', 'collectionOptions'],
    handle: createAccountLink,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_setup_intents/create',
    access: 'acting',
    body: [],
    handle: createSetupIntent,
  }),
];

const currentUser = ({ world, token }: ApiCall): User => world.users.get(token.userId!)!;

const answerWith = (call: ApiCall, node: Node): ApiAnswer => ({
  full: buildDocument(node, call.include),
  bare: bareReference(node),
});

/** Stripe's refusal, as Flex passes it on. */
async function throughStripe<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refusal = stripeRefusalData(error);
    if (!refusal) throw error;
    throw new FlexRefusal(402, 'transaction-payment-failed', 'Payment failed', { meta: refusal });
  }
}

async function createCustomer(call: ApiCall): Promise<ApiAnswer> {
  const { world, body } = call;
  const user = currentUser(call);
  if (user.stripeCustomer) throw conflict('conflict', 'The user has a Stripe customer');
  const stripe = ownLine(call);
  const email = given(body, 'stripeCustomerEmail') ? textOf(body, 'stripeCustomerEmail') : user.email;
  const name = `${user.firstName} ${user.lastName}`;
  const { id } = await throughStripe(() => stripe.createCustomer({ email, name, userId: user.id }));
  const customer = { id: world.random.uuid(), stripeCustomerId: id, paymentMethod: null };
  if (!given(body, 'stripePaymentMethodId')) return saveCustomer(call, customer);
  try {
    return saveCustomer(call, await withPaymentMethod(call, customer));
  } catch (error) {
    await stripe.deleteCustomer(id);
    throw error;
  }
}

async function addPaymentMethod(call: ApiCall): Promise<ApiAnswer> {
  const customer = customerOf(call);
  if (customer.paymentMethod) {
    throw conflict('stripe-multiple-payment-methods-not-supported', 'Only one payment method can be saved');
  }
  return saveCustomer(call, await withPaymentMethod(call, customer));
}

async function deletePaymentMethod(call: ApiCall): Promise<ApiAnswer> {
  const customer = customerOf(call);
  const saved = customer.paymentMethod;
  const stripe = ownLine(call);
  if (saved) await throughStripe(() => stripe.detachPaymentMethod(saved.stripePaymentMethodId));
  return saveCustomer(call, { ...customer, paymentMethod: null });
}

const given = (body: ApiCall['body'], name: string) => body[name] !== undefined && body[name] !== null;

const ownLine = ({ world, scenario }: ApiCall) => lineToStripe(world.stripe, scenario, 'own');

type Customer = NonNullable<User['stripeCustomer']>;

async function withPaymentMethod(call: ApiCall, customer: Customer): Promise<Customer> {
  const id = textOf(call.body, 'stripePaymentMethodId');
  const stripe = ownLine(call);
  const method = await throughStripe(() => stripe.attachPaymentMethod(customer.stripeCustomerId, id));
  const { brand, last4 } = method;
  return {
    ...customer,
    paymentMethod: { id: call.world.random.uuid(), stripePaymentMethodId: method.id, brand, last4 },
  };
}

function customerOf(call: ApiCall) {
  const customer = currentUser(call).stripeCustomer;
  if (!customer) throw conflict('stripe-customer-not-found', 'The user has no Stripe customer');
  return customer;
}

function saveCustomer(call: ApiCall, stripeCustomer: Customer): ApiAnswer {
  call.world.users.set(call.token.userId!, { ...currentUser(call), stripeCustomer });
  return answerWith(call, stripeCustomerNode(currentUser(call))!);
}

async function fetchAccount(call: ApiCall): Promise<ApiAnswer> {
  if (!currentUser(call).stripeAccount) throw notFound('Stripe account');
  return answerWithAccount(call);
}

/** With Stripe's own description of the account. */
async function answerWithAccount(call: ApiCall): Promise<ApiAnswer> {
  const user = currentUser(call);
  const stripe = ownLine(call);
  const data = await throughStripe(() => stripe.retrieveAccount(user.stripeAccount!.stripeAccountId));
  return answerWith(call, leaf(stripeAccountResource(user, data))!);
}

/** The sandbox's Stripe opens no accounts: the one that all new providers share is healthy. */
async function createAccount(call: ApiCall): Promise<ApiAnswer> {
  const { world, token } = call;
  textOf(call.body, 'country');
  const user = currentUser(call);
  if (user.stripeAccount) throw conflict('conflict', 'The user has a Stripe account');
  const healthy = [...world.users.values()].find(other => other.stripeAccount?.chargesEnabled)!;
  const changed = { ...user, stripeAccount: { ...healthy.stripeAccount!, id: world.random.uuid() } };
  world.users.set(user.id, changed);
  recordUser(world, changed, user, 'source/marketplace-api', { userId: user.id, clientId: token.clientId });
  return answerWithAccount(call);
}

/** Takes what it is told, and changes nothing that could be seen. */
async function updateAccount(call: ApiCall): Promise<ApiAnswer> {
  if (!currentUser(call).stripeAccount)
    throw conflict('stripe-account-not-found', 'The user has no Stripe account');
  return answerWithAccount(call);
}

function createAccountLink(call: ApiCall): ApiAnswer {
  if (!currentUser(call).stripeAccount)
    throw conflict('user-missing-stripe-account', 'The user has no Stripe account');
  for (const name of ['failureURL', 'successURL', 'type']) textOf(call.body, name);
  const url = `https://connect.stripe.com/setup/c/sandbox/${call.world.random.base62(12)}`;
  return answerWith(
    call,
    leaf({ id: new Uuid(call.world.random.uuid()), type: 'stripeAccountLink', attributes: { url } })!,
  );
}

async function createSetupIntent(call: ApiCall): Promise<ApiAnswer> {
  const stripe = ownLine(call);
  const { id, clientSecret } = await throughStripe(() => stripe.createSetupIntent());
  const attributes = { stripeSetupIntentId: id, clientSecret };
  return answerWith(
    call,
    leaf({ id: new Uuid(call.world.random.uuid()), type: 'stripeSetupIntent', attributes })!,
  );
}
