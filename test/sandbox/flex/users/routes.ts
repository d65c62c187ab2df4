import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument, leaf, type Node } from '../document.ts';
import {
  conflict,
  excludeEachOther,
  FlexRefusal,
  forbidden,
  invalidValue,
  missingKey,
  notFound,
} from '../errors.ts';
import { recordDeletedUser, recordUser } from '../events/record.ts';
import { mergeExtendedData } from '../extended-data.ts';
import { currentUserNode, marketplaceResource, userNode } from '../nodes.ts';
import { pageOf, pageParameters, timeParameter } from '../pages.ts';
import { lineToStripe } from '../stripe-client.ts';
import { idOf, textOf } from '../transactions/routes.ts';
import { isPlainObject, type PlainObject } from '../values.ts';
import type { User } from './entity.ts';
import { permissionSetResource } from './wire.ts';

export const userRoutes = [
  apiRoute({ method: 'GET', path: '/v1/api/current_user/show', access: 'user', handle: showCurrent }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/current_user/create_with_idp',
    access: 'any',
    body: [
      'idpId',
      'idpClientId',
      'idpToken',
      'email',
      'firstName',
      'lastName',
      'displayName',
      'bio',
      'publicData',
      'protectedData',
      'privateData',
    ],
    handle: createWithIdp,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/api/current_user/delete',
    access: 'acting',
    body: ['currentPassword', 'deleteFromStripe'],
    handle: deleteCurrent,
  }),
  apiRoute({ method: 'GET', path: '/v1/api/users/show', access: 'any', query: ['id'], handle: show }),
  apiRoute({ method: 'GET', path: '/v1/api/marketplace/show', access: 'any', handle: showMarketplace }),
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/marketplace/show',
    access: 'integration',
    handle: showMarketplace,
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/users/show',
    access: 'integration',
    query: ['id', 'email'],
    handle: showToOperator,
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/users/query',
    access: 'integration',
    query: ['createdAtStart', 'createdAtEnd', ...pageParameters],
    handle: queryUsers,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/users/update_profile',
    access: 'integration',
    body: [
      'id',
      'firstName',
      'lastName',
      'displayName',
      'bio',
      'publicData',
      'protectedData',
      'privateData',
      'metadata',
    ],
    handle: updateProfile,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/users/update_permissions',
    access: 'integration',
    body: ['id', 'postListings', 'initiateTransactions', 'read'],
    handle: updatePermissions,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/users/approve',
    access: 'integration',
    body: ['id'],
    handle: approve,
  }),
];

function showCurrent({ world, token, include }: ApiCall): ApiAnswer {
  return { full: buildDocument(currentUserNode(world.users.get(token.userId!)!), include) };
}

function show({ world, query, include }: ApiCall): ApiAnswer {
  const id = query('id');
  if (id === undefined) throw missingKey(['id'], 'query');
  const user = world.users.get(id);
  if (!user) throw notFound('User');
  return { full: buildDocument(userNode(world, user), include) };
}

const commandAnswer = (call: ApiCall, node: Node): ApiAnswer => ({
  full: buildDocument(node, call.include),
  bare: bareReference(node),
});

function createWithIdp(call: ApiCall): ApiAnswer {
  const { world, body, token } = call;
  textOf(body, 'idpClientId');
  const identity = { idpId: textOf(body, 'idpId'), userId: textOf(body, 'idpToken') };
  if (isKnown(world, identity)) throw conflict('conflict', 'There is a user with this identity');
  const email = optionalText(body, 'email') ?? `${identity.userId}@idp.example`;
  if (isTaken(world, email)) throw conflict('email-taken', 'The e-mail address is taken');
  const data = (name: ExtendedData) => mergeExtendedData({}, optionalObject(body, name) ?? {}, [name]);
  const user: User = {
    ...newUser,
    id: world.random.uuid(),
    email,
    password: null,
    firstName: textOf(body, 'firstName'),
    lastName: textOf(body, 'lastName'),
    displayName: optionalText(body, 'displayName') ?? null,
    bio: optionalText(body, 'bio') ?? null,
    createdAt: world.clock.now(),
    identities: [identity],
    publicData: data('publicData'),
    protectedData: data('protectedData'),
    privateData: data('privateData'),
  };
  world.users.set(user.id, user);
  recordUser(world, user, null, 'source/marketplace-api', { userId: user.id, clientId: token.clientId });
  return commandAnswer(call, currentUserNode(user));
}

type ExtendedData = 'publicData' | 'protectedData' | 'privateData' | 'metadata';

function optionalText(body: PlainObject, name: string): string | undefined {
  return body[name] === undefined || body[name] === null ? undefined : textOf(body, name);
}

function optionalObject(body: PlainObject, name: string): PlainObject | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isPlainObject(value)) throw invalidValue([name], 'must be an object');
  return value;
}

const isKnown = (world: ApiCall['world'], { idpId, userId }: User['identities'][number]) =>
  [...world.users.values()].some(user =>
    user.identities.some(identity => identity.idpId === idpId && identity.userId === userId),
  );

const isTaken = (world: ApiCall['world'], email: string) =>
  [...world.users.values()].some(user => user.email.toLowerCase() === email.toLowerCase());

const newUser: Pick<
  User,
  'banned' | 'deleted' | 'pendingApproval' | 'permissions' | 'stripeAccount' | 'stripeCustomer' | 'metadata'
> = {
  banned: false,
  deleted: false,
  pendingApproval: false,
  permissions: {
    postListings: 'permission/allow',
    initiateTransactions: 'permission/allow',
    read: 'permission/allow',
  },
  stripeAccount: null,
  stripeCustomer: null,
  metadata: {},
};

/** All that is left of somebody who is gone. */
const nobody: Omit<User, 'id' | 'createdAt'> = {
  ...newUser,
  email: '',
  password: null,
  firstName: '',
  lastName: '',
  displayName: '',
  bio: null,
  identities: [],
  publicData: {},
  protectedData: {},
  privateData: {},
};

/** Takes the password again; every session of the user ends. */
async function deleteCurrent(call: ApiCall): Promise<ApiAnswer> {
  const { world, token, body } = call;
  const user = world.users.get(token.userId!)!;
  if (body['currentPassword'] === undefined) {
    throw new FlexRefusal(400, 'validation-invalid-params', 'Invalid parameters', {
      source: { path: ['currentPassword'], type: 'body' },
    });
  }
  if (body['currentPassword'] !== user.password) throw forbidden('Wrong password');
  if (body['deleteFromStripe'] === true) await deleteFromStripe(call, user);
  const deleted: User = { ...nobody, id: user.id, createdAt: user.createdAt, deleted: true };
  world.users.set(user.id, deleted);
  for (const other of world.tokens.values())
    if (other.userId === user.id) world.tokens.delete(other.accessToken);
  recordDeletedUser(world, user, { userId: user.id, clientId: token.clientId });
  return commandAnswer(call, currentUserNode(deleted));
}

/** Stripe keeps an account that holds money. */
async function deleteFromStripe({ world, scenario }: ApiCall, user: User): Promise<void> {
  if (!user.stripeAccount && !user.stripeCustomer) return;
  const stripe = lineToStripe(world.stripe, scenario, 'own');
  if (user.stripeAccount && (await stripe.holdsMoney(user.stripeAccount.stripeAccountId)))
    throw new FlexRefusal(400, 'delete-stripe-account-failed', 'The Stripe account holds money');
  if (user.stripeCustomer) await stripe.deleteCustomer(user.stripeCustomer.stripeCustomerId);
}

function showMarketplace({ world }: ApiCall): ApiAnswer {
  return { full: buildDocument(leaf(marketplaceResource(world))!, []) };
}

function showToOperator({ world, query, include }: ApiCall): ApiAnswer {
  const [id, email] = [query('id'), query('email')];
  excludeEachOther(query, 'id', 'email');
  if (id === undefined && email === undefined) throw missingKey(['id'], 'query');
  const user = [...world.users.values()].find(candidate => candidate.id === id || candidate.email === email);
  if (!user) throw notFound('User');
  return { full: buildDocument(userNode(world, user, 'operator'), include) };
}

function queryUsers({ world, query, include }: ApiCall): ApiAnswer {
  const from = timeParameter(query, 'createdAtStart') ?? -Infinity;
  const until = timeParameter(query, 'createdAtEnd') ?? Infinity;
  const found = [...world.users.values()].filter(user => user.createdAt >= from && user.createdAt < until);
  const { items, meta } = pageOf(query, found);
  const nodes = items.map(user => userNode(world, user, 'operator'));
  return { full: buildDocument(nodes, include, meta) };
}

function updateProfile(call: ApiCall): ApiAnswer {
  return changeUser(call, (user, body) => {
    const data = (name: ExtendedData) =>
      mergeExtendedData(user[name], optionalObject(body, name) ?? {}, [name]);
    return {
      ...user,
      firstName: optionalText(body, 'firstName') ?? user.firstName,
      lastName: optionalText(body, 'lastName') ?? user.lastName,
      displayName: optionalText(body, 'displayName') ?? user.displayName,
      bio: optionalText(body, 'bio') ?? user.bio,
      publicData: data('publicData'),
      protectedData: data('protectedData'),
      privateData: data('privateData'),
      metadata: data('metadata'),
    };
  });
}

/** Answers the permission set. */
function updatePermissions(call: ApiCall): ApiAnswer {
  const { body } = call;
  const names = ['postListings', 'initiateTransactions', 'read'] as const;
  const given = Object.fromEntries(
    names
      .filter(name => body[name] !== undefined && body[name] !== null)
      .map(name => {
        if (body[name] !== 'permission/allow' && body[name] !== 'permission/deny') {
          throw invalidValue([name], 'must be permission/allow or permission/deny');
        }
        return [name, body[name]];
      }),
  );
  changeUser(call, user => ({ ...user, permissions: { ...user.permissions, ...given } }));
  return commandAnswer(call, leaf(permissionSetResource(call.world.users.get(idOf(body))!))!);
}

function approve(call: ApiCall): ApiAnswer {
  return changeUser(call, user => ({ ...user, pendingApproval: false }));
}

function changeUser(call: ApiCall, change: (user: User, body: PlainObject) => User): ApiAnswer {
  const { world, body, token } = call;
  const user = world.users.get(idOf(body));
  if (!user) throw conflict('user-not-found', 'User not found');
  const changed = change(user, body);
  world.users.set(user.id, changed);
  recordUser(world, changed, user, 'source/integration-api', { userId: null, clientId: token.clientId });
  return commandAnswer(call, userNode(world, changed, 'operator'));
}
