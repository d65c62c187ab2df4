import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { bareReference, buildDocument } from '../document.ts';
import { forbidden, invalidValue, missingKey, notFound } from '../errors.ts';
import { recordMetadata } from '../events/record.ts';
import { transactionNode } from '../nodes.ts';
import { pageOf } from '../pages.ts';
import { initiateTransaction, makeTransition, type Caller, type Present } from '../process/engine.ts';
import { idText, isPlainObject, mergeExtendedData, type PlainObject } from '../values.ts';
import { readTransaction, saveTransaction } from '../world.ts';
import type { Party, Transaction } from './entity.ts';
import { findTransactions, queryParameters } from './query.ts';

const begin = (speculative: boolean) =>
  ({
    access: 'user',
    body: ['processAlias', 'transition', 'params'],
    handle: (call: ApiCall) => initiateAs(call, speculative),
  }) as const;
const move = (access: 'user' | 'integration', speculative: boolean) =>
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
  apiRoute({ method: 'POST', path: '/v1/api/transactions/transition', ...move('user', false) }),
  apiRoute({ method: 'POST', path: '/v1/api/transactions/transition_speculative', ...move('user', true) }),
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
  const transaction = readTransaction(call.world, id);
  if (!transaction) throw notFound('Transaction');
  const viewer = viewerOf(call, transaction);
  if (!viewer) throw forbidden('Only the parties of a transaction may see it');
  return { full: buildDocument(transactionNode(call.world, transaction, viewer), call.include) };
}

/** `only=order`: as customer; `only=sale`: as provider; both without it. */
function queryOwn(call: ApiCall): ApiAnswer {
  const only = call.query('only');
  if (only !== undefined && only !== 'order' && only !== 'sale')
    throw invalidValue(['only'], 'must be order or sale', 'query');
  const { userId } = call.token;
  return answerPage(
    call,
    findTransactions(
      call,
      transaction =>
        (only !== 'sale' && transaction.customerId === userId) ||
        (only !== 'order' && transaction.providerId === userId),
    ),
  );
}

function queryAll(call: ApiCall): ApiAnswer {
  const [customerId, providerId] = [call.query('customerId'), call.query('providerId')];
  return answerPage(
    call,
    findTransactions(
      call,
      transaction =>
        (customerId === undefined || transaction.customerId === customerId) &&
        (providerId === undefined || transaction.providerId === providerId),
    ),
  );
}

function answerPage(call: ApiCall, transactions: Transaction[]): ApiAnswer {
  const { items, meta } = pageOf(call.query, transactions);
  const nodes = items.map(transaction =>
    transactionNode(call.world, transaction, viewerOf(call, transaction)!),
  );
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

/** Login-as sessions may look and not touch. */
function callerOf({ token }: ApiCall): Caller {
  if (token.scope === 'integ') return { kind: 'operator' };
  if (token.scope === 'user:limited') throw forbidden('A limited session can not make transitions');
  return { kind: 'user', userId: token.userId!, trusted: token.scope === 'trusted:user' };
}

const present =
  (call: ApiCall): Present<ApiAnswer> =>
  transaction => {
    const node = transactionNode(call.world, transaction, viewerOf(call, transaction)!);
    return { full: buildDocument(node, call.include), bare: bareReference(node) };
  };

/** Merges by top-level keys, null removes: `{a: {b: 1}}` replaces all that was under `a`. */
function updateMetadata(call: ApiCall): ApiAnswer {
  const { world, token } = call;
  const transaction = world.transactions.get(idOf(call.body));
  if (!transaction) throw notFound('Transaction');
  const metadata = call.body['metadata'];
  if (!isPlainObject(metadata)) throw missingKey(['metadata']);
  const updated = { ...transaction, metadata: mergeExtendedData(transaction.metadata, metadata) };
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
