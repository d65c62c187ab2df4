import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { buildDocument, leaf } from '../document.ts';
import { conflict, excludeEachOther, missingKey } from '../errors.ts';
import { Keyword, Uuid, type PlainObject } from '../values.ts';
import { asRead } from '../world.ts';
import { transitionNamed, type Transition } from './process.ts';

export const processRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/api/process_transitions/query',
    access: 'user',
    query: ['processAlias', 'lastTransition', 'transactionId'],
    handle: queryTransitions,
  }),
];

/** What can come next: of a transaction, or of a process after a transition (first ones without it). */
function queryTransitions(call: ApiCall): ApiAnswer {
  excludeEachOther(call.query, 'transactionId', 'processAlias');
  const place = whereItStands(call);
  const possible = (place?.process.transitions ?? []).filter(
    ({ from, trigger }) => from === place?.state && 'actor' in trigger,
  );
  const nodes = possible.map(transition =>
    leaf({
      id: new Uuid(call.world.random.uuid()),
      type: 'processTransition',
      attributes: attributesOf(transition),
    })!,
  );
  return { full: buildDocument(nodes, []) };
}

/** Nowhere, when there is no such transaction or transition, or it is not the caller's. */
function whereItStands({ world, query, token, scenario }: ApiCall) {
  const transactionId = query('transactionId');
  if (transactionId !== undefined) {
    const transaction = asRead(world, scenario).transactions.get(transactionId);
    if (!transaction || ![transaction.customerId, transaction.providerId].includes(token.userId!))
      return undefined;
    return {
      process: world.processes.version(transaction.processName, transaction.processVersion)!,
      state: transaction.state,
    };
  }
  const alias = query('processAlias');
  if (alias === undefined) throw missingKey(['processAlias'], 'query');
  const process = world.processes.byAlias(alias);
  if (!process) throw conflict('transaction-unknown-alias', `Unknown process alias ${alias}`);
  const last = query('lastTransition');
  if (last === undefined) return { process, state: null };
  const transition = transitionNamed(process, last);
  return transition && { process, state: transition.to };
}

const attributesOf = (transition: Transition): PlainObject => ({
  name: new Keyword(transition.name),
  actor: 'actor' in transition.trigger ? [new Keyword(`actor.role/${transition.trigger.actor}`)] : [],
  actions: transition.actions.map(action => new Keyword(action.name)),
  params: { req: paramsOf(transition, 'req'), opt: paramsOf(transition, 'opt') },
});

type Params = { req?: Record<string, unknown>; opt?: Record<string, unknown> };

const booking: Params = {
  req: { bookingStart: 'timestamp', bookingEnd: 'timestamp' },
  opt: { bookingDisplayStart: 'timestamp', bookingDisplayEnd: 'timestamp', seats: 'integer' },
};
const review: Params = { req: { reviewRating: 'integer', reviewContent: 'string' } };

/** What an action takes, where it takes something. */
const actionParams: Record<string, Params> = {
  'action/update-protected-data': { opt: { protectedData: 'object' } },
  'action/privileged-update-metadata': { opt: { metadata: 'object' } },
  'action/privileged-set-line-items': { req: { lineItems: ['lineItem'] } },
  'action/set-line-items-and-total': { req: { lineItems: ['lineItem'] } },
  'action/calculate-tx-unit-total-price': { req: { quantity: 'integer' } },
  'action/calculate-tx-two-units-total-price': { req: { quantity1: 'integer', quantity2: 'integer' } },
  'action/set-negotiated-total-price': { req: { negotiatedTotal: 'money' } },
  'action/create-booking': booking,
  'action/create-pending-booking': booking,
  'action/create-proposed-booking': booking,
  'action/update-booking': { opt: { ...booking.req, ...booking.opt } },
  'action/create-pending-stock-reservation': { req: { stockReservationQuantity: 'integer' } },
  'action/create-proposed-stock-reservation': { req: { stockReservationQuantity: 'integer' } },
  'action/stripe-create-payment-intent': {
    opt: { paymentMethod: 'string', setupPaymentMethodForSaving: 'boolean' },
  },
  'action/stripe-create-payment-intent-push': {
    req: { paymentMethodTypes: ['string'] },
    opt: { paymentMethod: 'string' },
  },
  'action/stripe-create-charge': { req: { cardToken: 'string' } },
  'action/stripe-create-charge-pi': { req: { cardToken: 'string' } },
  'action/post-review-by-customer': review,
  'action/post-review-by-provider': review,
};

function paramsOf({ from, actions }: Transition, kind: keyof Params): PlainObject | null {
  const first = from === null && kind === 'req' ? { listingId: 'uuid' } : {};
  const all = Object.assign(
    first,
    ...actions.map(action => actionParams[action.name]?.[kind] ?? {}),
  ) as PlainObject;
  return Object.keys(all).length > 0 || kind === 'req' ? all : null;
}
