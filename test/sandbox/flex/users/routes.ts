import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument, leaf, type Node } from '../document.ts';
import { conflict, FlexRefusal, forbidden, invalidValue, missingKey, notFound } from '../errors.ts';
import { recordUser } from '../events/record.ts';
import { currentUserNode, marketplaceResource, userNode } from '../nodes.ts';
import { pageOf, pageParameters } from '../pages.ts';
import { idOf, textOf } from '../transactions/routes.ts';
import { isPlainObject, mergeExtendedData, type PlainObject } from '../values.ts';
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
    access: 'user',
    body: ['currentPassword', 'deleteFromStripe'],
    handle: deleteCurrent,
  }),
  apiRoute({ method: 'GET', path: '/v1/api/users/show', access: 'any', query: ['id'], handle: show }),
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
    query: ['createdAtStart', 'createdAtEnd', 'sort', ...pageParameters],
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
      'profileImageId',
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
  const identity = { idpId: textOf(body, 'idpId'), userId: textOf(body, 'idpToken') };
  const email = typeof body['email'] === 'string' ? body['email'] : `${identity.userId}@idp.example`;
  const known = [...world.users.values()];
  if (known.some(user => user.email === email)) throw conflict('email-taken', 'The e-mail address is taken');
  const data = (name: string) => (isPlainObject(body[name]) ? body[name] : {});
  const user: User = {
    ...newUser,
    id: world.random.uuid(),
    email,
    password: '',
    firstName: textOf(body, 'firstName'),
    lastName: textOf(body, 'lastName'),
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

/** Takes the password again; every session of the user ends. */
function deleteCurrent(call: ApiCall): ApiAnswer {
  const { world, token, body } = call;
  const user = world.users.get(token.userId!)!;
  if (body['currentPassword'] === undefined) {
    throw new FlexRefusal(400, 'validation-invalid-params', 'Invalid parameters', {
      source: { path: ['currentPassword'], type: 'body' },
    });
  }
  if (body['currentPassword'] !== user.password) throw forbidden('Wrong password');
  const deleted = { ...user, deleted: true, email: '', stripeAccount: null, stripeCustomer: null };
  world.users.set(user.id, deleted);
  for (const other of world.tokens.values())
    if (other.userId === user.id) world.tokens.delete(other.accessToken);
  recordUser(world, deleted, user, 'source/marketplace-api', { userId: user.id, clientId: token.clientId });
  return commandAnswer(call, currentUserNode(deleted));
}

function showMarketplace({ world }: ApiCall): ApiAnswer {
  return { full: buildDocument(leaf(marketplaceResource(world))!, []) };
}

function showToOperator({ world, query, include }: ApiCall): ApiAnswer {
  const [id, email] = [query('id'), query('email')];
  if (id === undefined && email === undefined) throw missingKey(['id'], 'query');
  const user = [...world.users.values()].find(candidate => candidate.id === id || candidate.email === email);
  if (!user) throw notFound('User');
  return { full: buildDocument(userNode(world, user, 'operator'), include) };
}

function queryUsers({ world, query, include }: ApiCall): ApiAnswer {
  const { items, meta } = pageOf(query, [...world.users.values()]);
  const nodes = items.map(user => userNode(world, user, 'operator'));
  return { full: buildDocument(nodes, include, meta) };
}

function updateProfile(call: ApiCall): ApiAnswer {
  return changeUser(call, (user, body) => {
    const text = (name: 'firstName' | 'lastName') =>
      typeof body[name] === 'string' ? body[name] : user[name];
    const data = (name: 'publicData' | 'protectedData' | 'privateData' | 'metadata') => {
      if (body[name] === undefined || body[name] === null) return user[name];
      if (!isPlainObject(body[name])) throw invalidValue([name], 'must be an object');
      return mergeExtendedData(user[name], body[name]);
    };
    return {
      ...user,
      firstName: text('firstName'),
      lastName: text('lastName'),
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
  if (!user) throw notFound('User');
  const changed = change(user, body);
  world.users.set(user.id, changed);
  recordUser(world, changed, user, 'source/integration-api', { userId: null, clientId: token.clientId });
  return commandAnswer(call, userNode(world, changed, 'operator'));
}
