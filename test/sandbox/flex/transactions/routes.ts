import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument } from '../document.ts';
import { conflict, forbidden, invalidValue, missingKey, notFound } from '../errors.ts';
import { recordMetadata } from '../events/record.ts';
import { mergeExtendedData } from '../extended-data.ts';
import { transactionNode } from '../nodes.ts';
import { pageOf } from '../pages.ts';
import {
  initiateTransaction,
  isLocked,
  makeTransition,
  type Caller,
  type Present,
} from '../process/engine.ts';
import { idText, isPlainObject, type PlainObject } from '../values.ts';
import { asRead, saveTransaction } from '../world.ts';
import type { Party, Transaction } from './entity.ts';
import { findTransactions, queryParameters } from './query.ts';

const begin = (speculative: boolean) =>
  ({
    access: 'acting',
    body: ['processAlias', 'transition', 'params'],
    handle: (call: ApiCall) => initiateAs(call, speculative),
  }) as const;
const move = (access: 'acting' | 'integration', speculative: boolean) =>
  ({
    access,
    body: ['id', 'transition', 'params'],
    handle: (call: ApiCall) => transitionAs(call, speculative),
  }) as const;

export const transactionRoutes = [
  apiRoute({ method: 'GET', path: '/v1/api/transactions/show', access: 'user', query: ['id'], handle: show }),
  apiRoute({
    method: 'GET',
    path: '/v1/api/transactions/query',
    access: 'user',
    query: ['only', ...queryParameters],
    handle: queryOwn,
  }),
  apiRoute({ method: 'POST', path: '/v1/api/transactions/initiate', ...begin(false) }),
  apiRoute({ method: 'POST', path: '/v1/api/transactions/initiate_speculative', ...begin(true) }),
  apiRoute({ method: 'POST', path: '/v1/api/transactions/transition', ...move('acting', false) }),
  apiRoute({ method: 'POST', path: '/v1/api/transactions/transition_speculative', ...move('acting', true) }),
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/transactions/show',
    access: 'integration',
    query: ['id'],
    handle: show,
  }),
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/transactions/query',
    access: 'integration',
    query: ['customerId', 'providerId', ...queryParameters],
    handle: queryAll,
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/transactions/transition',
    ...move('integration', false),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/transactions/transition_speculative',
    ...move('integration', true),
  }),
  apiRoute({
    method: 'POST',
    path: '/v1/integration_api/transactions/update_metadata',
    access: 'integration',
    body: ['id', 'metadata'],
    handle: updateMetadata,
  }),
];

function show(call: ApiCall): ApiAnswer {
  const id = call.query('id');
  if (id === undefined) throw missingKey(['id'], 'query');
  const world = asRead(call.world, call.scenario);
  const transaction = world.transactions.get(id);
  if (!transaction) throw notFound('Transaction');
  const viewer = viewerOf(call, transaction);
  if (!viewer) throw forbidden('Only the parties of a transaction may see it');
  return { full: buildDocument(transactionNode(world, transaction, viewer), call.include) };
}

/** `only=order`: as customer; `only=sale`: as provider; both without it. */
function queryOwn(call: ApiCall): ApiAnswer {
  const only = call.query('only');
  if (only !== undefined && only !== 'order' && only !== 'sale')
    throw invalidValue(['only'], 'must be order or sale', 'query');
  const { userId } = call.token;
  return answerPage(
    call,
    transaction =>
      (only !== 'sale' && transaction.customerId === userId) ||
      (only !== 'order' && transaction.providerId === userId),
  );
}

function queryAll(call: ApiCall): ApiAnswer {
  const [customerId, providerId] = [call.query('customerId'), call.query('providerId')];
  return answerPage(
    call,
    transaction =>
      (customerId === undefined || transaction.customerId === customerId) &&
      (providerId === undefined || transaction.providerId === providerId),
  );
}

function answerPage(call: ApiCall, among: (transaction: Transaction) => boolean): ApiAnswer {
  const world = asRead(call.world, call.scenario);
  const { items, meta } = pageOf(call.query, findTransactions(world, call.query, among));
  const nodes = items.map(transaction => transactionNode(world, transaction, viewerOf(call, transaction)!));
  return { full: buildDocument(nodes, call.include, meta) };
}

function viewerOf({ token }: ApiCall, transaction: Transaction): Party | undefined {
  if (token.scope === 'integ') return 'operator';
  if (token.userId === transaction.customerId) return 'customer';
  return token.userId === transaction.providerId ? 'provider' : undefined;
}

function initiateAs(call: ApiCall, speculative: boolean): Promise<ApiAnswer> {
  const request = {
    processAlias: textOf(call.body, 'processAlias'),
    transition: textOf(call.body, 'transition'),
    params: paramsOf(call.body),
  };
  return initiateTransaction(call.world, callerOf(call), request, speculative, present(call));
}

function transitionAs(call: ApiCall, speculative: boolean): Promise<ApiAnswer> {
  const request = {
    id: idOf(call.body),
    transition: textOf(call.body, 'transition'),
    params: paramsOf(call.body),
  };
  return makeTransition(call.world, callerOf(call), request, speculative, present(call));
}

function callerOf({ token, scenario }: ApiCall): Caller {
  if (token.scope === 'integ') return { kind: 'operator', scenario };
  return { kind: 'user', userId: token.userId!, trusted: token.scope === 'trusted:user', scenario };
}

const present =
  (call: ApiCall): Present<ApiAnswer> =>
  transaction => {
    const node = transactionNode(call.world, transaction, viewerOf(call, transaction)!);
    return { full: buildDocument(node, call.include), bare: bareReference(node) };
  };

/** `{a: {b: 1}}` replaces all that was under `a`. */
function updateMetadata(call: ApiCall): ApiAnswer {
  const { world, token, scenario } = call;
  const transaction = world.transactions.get(idOf(call.body));
  if (!transaction) throw conflict('transaction-not-found', 'Transaction not found');
  const metadata = call.body['metadata'];
  if (metadata === undefined || metadata === null) throw missingKey(['metadata']);
  if (!isPlainObject(metadata)) throw invalidValue(['metadata'], 'must be an object');
  // A transition under way has a draft of its own, which knows nothing of this.
  if (world.locked.has(transaction.id) || scenario('locked')) throw isLocked();
  const updated = {
    ...transaction,
    metadata: mergeExtendedData(transaction.metadata, metadata, ['metadata']),
  };
  saveTransaction(world, updated);
  recordMetadata(world, updated, transaction, { userId: null, clientId: token.clientId });
  return present(call)(updated);
}

export function textOf(body: PlainObject, name: string): string {
  if (body[name] === undefined || body[name] === null) throw missingKey([name]);
  if (typeof body[name] !== 'string') throw invalidValue([name], 'must be a string');
  return body[name];
}

export function idOf(body: PlainObject): string {
  if (body['id'] === undefined || body['id'] === null) throw missingKey(['id']);
  const id = idText(body['id']);
  if (id === undefined) throw invalidValue(['id'], 'must be a UUID');
  return id;
}

function paramsOf(body: PlainObject): PlainObject {
  const params = body['params'] ?? {};
  if (!isPlainObject(params)) throw invalidValue(['params'], 'must be a map');
  return params;
}
