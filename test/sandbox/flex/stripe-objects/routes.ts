/** What the Marketplace API lets a user do with Stripe: saved cards, and the connected account of a provider. */
import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument, leaf, type Node } from '../document.ts';
import { conflict, FlexRefusal, notFound } from '../errors.ts';
import { stripeCustomerNode } from '../nodes.ts';
import { stripeRefusalData } from '../stripe-client.ts';
import { textOf } from '../transactions/routes.ts';
import type { User } from '../users/entity.ts';
import { Uuid } from '../values.ts';
import { stripeAccountResource } from './wire.ts';

export const stripeObjectRoutes = [
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/create',
    access: 'user',
    body: ['stripePaymentMethodId', 'stripeCustomerEmail'],
    handle: createCustomer,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/add_payment_method',
    access: 'user',
    body: ['stripePaymentMethodId'],
    handle: addPaymentMethod,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_customer/delete_payment_method',
    access: 'user',
    body: [],
    handle: deletePaymentMethod,
  }),
  apiRoute({ method: 'GET', path: '/v1/api/stripe_account/fetch', access: 'user', handle: fetchAccount }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_account/create',
    access: 'user',
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
    access: 'user',
    body: ['accountToken', 'bankAccountToken', 'requestedCapabilities'],
    handle: fetchAccount,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_account_links/create',
    access: 'user',
    body: ['failureURL', 'successURL', 'type', 'collect', 'collectionOptions'],
    handle: createAccountLink,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/stripe_setup_intents/create',
    access: 'user',
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
  const stripe = world.stripe('own');
  const { id } = await throughStripe(() =>
    stripe.createCustomer({
      email: typeof body['stripeCustomerEmail'] === 'string' ? body['stripeCustomerEmail'] : user.email,
      name: `${user.firstName} ${user.lastName}`,
      userId: user.id,
    }),
  );
  const customer = { id: world.random.uuid(), stripeCustomerId: id, paymentMethod: null };
  world.users.set(user.id, { ...currentUser(call), stripeCustomer: customer });
  if (body['stripePaymentMethodId'] !== undefined && body['stripePaymentMethodId'] !== null)
    return addPaymentMethod(call);
  return answerWith(call, stripeCustomerNode(currentUser(call))!);
}

async function addPaymentMethod(call: ApiCall): Promise<ApiAnswer> {
  const { world, body } = call;
  const methodId = textOf(body, 'stripePaymentMethodId');
  const customer = customerOf(call);
  if (customer.paymentMethod) {
    throw conflict('stripe-multiple-payment-methods-not-supported', 'Only one payment method can be saved');
  }
  const method = await throughStripe(() =>
    world.stripe('own').attachPaymentMethod(customer.stripeCustomerId, methodId),
  );
  saveCustomer(call, {
    ...customer,
    paymentMethod: {
      id: world.random.uuid(),
      stripePaymentMethodId: method.id,
      brand: method.brand,
      last4: method.last4,
    },
  });
  return answerWith(call, stripeCustomerNode(currentUser(call))!);
}

async function deletePaymentMethod(call: ApiCall): Promise<ApiAnswer> {
  const customer = customerOf(call);
  const saved = customer.paymentMethod;
  if (saved)
    await throughStripe(() => call.world.stripe('own').detachPaymentMethod(saved.stripePaymentMethodId));
  saveCustomer(call, { ...customer, paymentMethod: null });
  return answerWith(call, stripeCustomerNode(currentUser(call))!);
}

function customerOf(call: ApiCall) {
  const customer = currentUser(call).stripeCustomer;
  if (!customer) throw conflict('stripe-customer-not-found', 'The user has no Stripe customer');
  return customer;
}

const saveCustomer = (call: ApiCall, stripeCustomer: NonNullable<User['stripeCustomer']>) =>
  call.world.users.set(call.token.userId!, { ...currentUser(call), stripeCustomer });

function fetchAccount(call: ApiCall): ApiAnswer {
  const account = leaf(stripeAccountResource(currentUser(call)));
  if (!account) throw notFound('Stripe account');
  return answerWith(call, account);
}

/** The sandbox's Stripe opens no accounts: the one that all new providers share is healthy. */
function createAccount(call: ApiCall): ApiAnswer {
  const { world } = call;
  textOf(call.body, 'country');
  const user = currentUser(call);
  if (user.stripeAccount) throw conflict('conflict', 'The user has a Stripe account');
  const healthy =
    [...world.users.values()].find(other => other.stripeAccount)?.stripeAccount?.stripeAccountId ?? '';
  world.users.set(user.id, { ...user, stripeAccount: { id: world.random.uuid(), stripeAccountId: healthy } });
  return fetchAccount(call);
}

function createAccountLink(call: ApiCall): ApiAnswer {
  if (!currentUser(call).stripeAccount)
    throw conflict('user-missing-stripe-account', 'The user has no Stripe account');
  const url = `https://connect.stripe.com/setup/c/sandbox/${call.world.random.base62(12)}`;
  return answerWith(
    call,
    leaf({ id: new Uuid(call.world.random.uuid()), type: 'stripeAccountLink', attributes: { url } })!,
  );
}

async function createSetupIntent(call: ApiCall): Promise<ApiAnswer> {
  const { id, clientSecret } = await throughStripe(() => call.world.stripe('own').createSetupIntent());
  const attributes = { stripeSetupIntentId: id, clientSecret };
  return answerWith(
    call,
    leaf({ id: new Uuid(call.world.random.uuid()), type: 'stripeSetupIntent', attributes })!,
  );
}
