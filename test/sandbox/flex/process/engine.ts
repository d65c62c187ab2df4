/**
 * Runs transactions along their process. A transition is atomic: its actions run in their order on a draft, and either
 * all of it becomes true or nothing. Before anything leaves for Stripe the whole transition is rehearsed, so that what
 * can be known to fail fails without a trace.
 */
import { conflict, FlexRefusal, forbidden, invalidValue, missingKey } from '../errors.ts';
import { recordTransition } from '../events/record.ts';
import { createJournal, type Journal } from '../journal.ts';
import type { Listing } from '../listings/entity.ts';
import { BY_ITSELF, scenariosFor, type TakeScenario } from '../request-scenarios.ts';
import type { Party, Transaction } from '../transactions/entity.ts';
import type { User } from '../users/entity.ts';
import { copy, idText, type PlainObject } from '../values.ts';
import { saveTransaction, type FlexWorld } from '../world.ts';
import { actionNamed } from './actions/index.ts';
import {
  automaticTransitionsFrom,
  transitionNamed,
  type Action,
  type Process,
  type Transition,
} from './process.ts';
import { evaluate, type Moments } from './time.ts';

/** Who asks for a transition, and what goes wrong for them. */
export type Caller = { scenario: TakeScenario } & (
  | { kind: 'user'; userId: string; trusted: boolean }
  | { kind: 'operator' }
  | { kind: 'system' }
);

export type InitiateRequest = { processAlias: string; transition: string; params: PlainObject };
export type TransitionRequest = { id: string; transition: string; params: PlainObject };

/** Makes the answer while the result, real or simulated, can be looked at. */
export type Present<T> = (transaction: Transaction) => T;

export async function initiateTransaction<T>(
  world: FlexWorld,
  caller: Caller,
  request: InitiateRequest,
  speculative: boolean,
  present: Present<T>,
): Promise<T> {
  const process = world.processes.byAlias(request.processAlias);
  if (!process) throw conflict('transaction-unknown-alias', `Unknown process alias ${request.processAlias}`);
  const transition = transitionNamed(process, request.transition);
  if (!transition || transition.from !== null) throw invalidTransition(request.transition);
  if (caller.scenario('locked')) throw isLocked();
  const listing = listingToOrder(world, request.params);
  const draft = newTransaction(world, process, listing, initialParties(world, caller, transition, listing));
  assertMay(world, caller, transition, draft);
  return take({ world, draft, process, transition, params: request.params, caller }, speculative, present);
}

export async function makeTransition<T>(
  world: FlexWorld,
  caller: Caller,
  request: TransitionRequest,
  speculative: boolean,
  present: Present<T>,
): Promise<T> {
  const current = world.transactions.get(request.id);
  if (!current) throw conflict('transaction-not-found', 'Transaction not found');
  const process = world.processes.version(current.processName, current.processVersion)!;
  const transition = transitionNamed(process, request.transition);
  if (!transition) throw invalidTransition(request.transition);
  assertMay(world, caller, transition, current);
  if (transition.from !== current.state) throw invalidTransition(request.transition);
  if (current.transitions.length >= MOST_TRANSITIONS)
    throw conflict('conflict', `A transaction makes at most ${MOST_TRANSITIONS} transitions`);
  if (world.locked.has(current.id) || (caller.kind !== 'system' && caller.scenario('locked')))
    throw isLocked();
  const draft = copy(current);
  return take({ world, draft, process, transition, params: request.params, caller }, speculative, present);
}

const MOST_TRANSITIONS = 100;

export const isLocked = () => conflict('transaction-locked', 'The transaction is being changed');

const invalidTransition = (name: string) =>
  conflict('transaction-invalid-transition', `Transition ${name} is not possible in this state`);

function listingToOrder(world: FlexWorld, params: PlainObject): Listing {
  if (params['listingId'] === undefined || params['listingId'] === null)
    throw missingKey(['params', 'listingId']);
  const id = idText(params['listingId']);
  if (id === undefined) throw invalidValue(['params', 'listingId'], 'must be a UUID');
  const listing = world.listings.get(id);
  if (!listing || listing.deleted || listing.state !== 'published') {
    throw conflict('transaction-listing-not-found', 'Listing not found');
  }
  return listing;
}

/** The listing's author provides, unless the provider begins: then the author is the customer. */
function initialParties(world: FlexWorld, caller: Caller, transition: Transition, listing: Listing) {
  if (caller.kind !== 'user') throw forbidden('Only a user can begin a transaction');
  assertMayInitiate(world.users.get(caller.userId)!);
  const providerBegins = 'actor' in transition.trigger && transition.trigger.actor === 'provider';
  if (listing.authorId === caller.userId) {
    throw conflict('transaction-same-author-and-customer', 'The author of a listing can not order it');
  }
  const author = world.users.get(listing.authorId);
  if (!author || author.banned || author.deleted) {
    throw conflict(
      `transaction-${providerBegins ? 'customer' : 'provider'}-banned-or-deleted`,
      'The author of the listing is gone',
    );
  }
  return providerBegins
    ? { customerId: listing.authorId, providerId: caller.userId }
    : { customerId: caller.userId, providerId: listing.authorId };
}

function assertMayInitiate(user: User): void {
  if (user.permissions.initiateTransactions === 'permission/deny') {
    throw new FlexRefusal(
      403,
      'permission-denied-initiate-transactions',
      'The user may not begin transactions',
    );
  }
}

function newTransaction(
  world: FlexWorld,
  process: Process,
  listing: Listing,
  parties: { customerId: string; providerId: string },
): Transaction {
  const now = world.clock.now();
  return {
    id: world.random.uuid(),
    createdAt: now,
    processName: process.name,
    processVersion: process.version,
    state: 'state/initial',
    lastTransition: '',
    lastTransitionedAt: now,
    transitions: [],
    entered: {},
    listingId: listing.id,
    ...parties,
    bookingId: null,
    stockReservationId: null,
    lineItems: [],
    totalPrice: null,
    payinTotal: null,
    payoutTotal: null,
    protectedData: {},
    metadata: {},
    payment: null,
    refundCalculated: false,
  };
}

function assertMay(world: FlexWorld, caller: Caller, transition: Transition, transaction: Transaction): void {
  const wanted = 'actor' in transition.trigger ? transition.trigger.actor : 'system';
  if (!rolesOf(caller, transaction).includes(wanted))
    throw forbidden(`Only the ${wanted} may make ${transition.name}`);
  if (transition.privileged && caller.kind === 'user' && !caller.trusted) {
    throw forbidden(`${transition.name} is privileged and needs a trusted token`);
  }
  if (caller.kind === 'user' && world.users.get(caller.userId)!.pendingApproval) {
    throw new FlexRefusal(403, 'permission-denied-pending-approval', 'The user waits for approval');
  }
}

function rolesOf(caller: Caller, transaction: Transaction): Party[] {
  if (caller.kind !== 'user') return [caller.kind];
  if (caller.userId === transaction.customerId) return ['customer'];
  return caller.userId === transaction.providerId ? ['provider'] : [];
}

/** One transition of one transaction, on a draft of it. */
type Step = {
  world: FlexWorld;
  draft: Transaction;
  process: Process;
  transition: Transition;
  params: PlainObject;
  caller: Caller;
};

const take = <T>(step: Step, speculative: boolean, present: Present<T>): Promise<T> | T =>
  speculative ? simulate(step, present) : perform(step, present);

/** Runs the actions for what they would do, and takes everything back. Never yields: nobody can look in between. */
function simulate<T>(step: Step, present: Present<T>): T {
  const { world, draft, transition, caller } = step;
  const journal = createJournal(world);
  try {
    for (const action of transition.actions) {
      const waiting = runAction(step, action, true, journal);
      if (waiting) throw new Error(`${action.name} waits in a simulation`);
    }
    enterState(world, draft, transition, caller);
    return present(draft);
  } finally {
    void journal.undo();
  }
}

async function perform<T>(step: Step, present: Present<T>): Promise<T> {
  const { world, draft, process, transition, caller } = step;
  simulate({ ...step, draft: copy(draft) }, () => undefined);
  const journal = createJournal(world);
  world.locked.add(draft.id);
  try {
    for (const action of transition.actions) {
      const waiting = runAction(step, action, false, journal);
      if (waiting) await waiting;
    }
  } catch (error) {
    await journal.undo();
    throw error;
  } finally {
    unlock(world, draft.id);
  }
  const before = world.transactions.get(draft.id) ?? null;
  enterState(world, draft, transition, caller);
  saveTransaction(world, draft);
  recordTransition(world, draft, before, journal.changes(), auditOf(world, caller));
  planAutomaticTransition(world, process, draft);
  return present(draft);
}

/** What came due meanwhile has its turn now, if the transaction still stands where it stood. */
function unlock(world: FlexWorld, id: string): void {
  const overdue = world.overdue.get(id);
  world.locked.delete(id);
  world.overdue.delete(id);
  if (overdue) world.clock.at(world.clock.now(), overdue);
}

const runAction = (
  { world, draft, params, caller }: Step,
  action: Action,
  speculative: boolean,
  journal: Journal,
) =>
  actionNamed(action.name)({
    world,
    transaction: draft,
    listing: world.listings.get(draft.listingId)!,
    params,
    config: action.config,
    speculative,
    journal,
    scenario: caller.scenario,
  });

const auditOf = (world: FlexWorld, caller: Caller) => ({
  userId: caller.kind === 'user' ? caller.userId : null,
  clientId:
    caller.kind === 'user'
      ? world.application.clientId
      : caller.kind === 'operator'
        ? world.integration.clientId
        : null,
});

function enterState(world: FlexWorld, draft: Transaction, transition: Transition, caller: Caller): void {
  const now = world.clock.now();
  const by = rolesOf(caller, draft)[0]!;
  draft.state = transition.to;
  draft.lastTransition = transition.name;
  draft.lastTransitionedAt = now;
  draft.transitions = [...draft.transitions, { transition: transition.name, createdAt: now, by }];
  draft.entered = {
    ...draft.entered,
    [transition.to]: { first: draft.entered[transition.to]?.first ?? now, last: now },
  };
}

/**
 * Of the delayed transitions out of the state just entered, the earliest is planned and the others are dropped.
 * A moment in the past means at once. If it fails when its time comes, nothing else happens by itself from that state.
 */
function planAutomaticTransition(world: FlexWorld, process: Process, transaction: Transaction): void {
  const now = world.clock.now();
  const due = automaticTransitionsFrom(process, transaction.state)
    .map(candidate => ({
      candidate,
      moment: evaluate(candidate.trigger.at, momentsOf(world, transaction), now),
    }))
    .filter((entry): entry is { candidate: typeof entry.candidate; moment: number } => entry.moment !== null)
    .toSorted((one, other) => one.moment - other.moment)[0];
  if (!due) return;
  const enteredAt = transaction.transitions.length;
  const moveOn = async () => {
    const current = world.transactions.get(transaction.id);
    // Anything that happened since has left this state, or entered it anew with a plan of its own.
    if (current?.transitions.length !== enteredAt) return;
    if (world.locked.has(current.id)) {
      world.overdue.set(current.id, moveOn);
      return;
    }
    const caller: Caller = { kind: 'system', scenario: scenariosFor(world, BY_ITSELF) };
    const request = { id: current.id, transition: due.candidate.name, params: {} };
    try {
      await makeTransition(world, caller, request, false, () => undefined);
    } catch (error) {
      if (!(error instanceof FlexRefusal)) throw error;
    }
  };
  world.clock.at(due.moment, moveOn);
}

function momentsOf(world: FlexWorld, transaction: Transaction): Moments {
  const booking = transaction.bookingId ? world.bookings.get(transaction.bookingId) : undefined;
  return (point, argument) => {
    switch (point) {
      case 'time/tx-initiated':
        return transaction.createdAt;
      case 'time/first-entered-state':
        return transaction.entered[argument ?? '']?.first ?? null;
      case 'time/last-entered-state':
        return transaction.entered[argument ?? '']?.last ?? null;
      case 'time/first-transitioned':
        return transaction.transitions.find(entry => entry.transition === argument)?.createdAt ?? null;
      case 'time/booking-start':
        return booking?.start ?? null;
      case 'time/booking-end':
        return booking?.end ?? null;
      case 'time/booking-display-start':
        return booking?.displayStart ?? null;
      case 'time/booking-display-end':
        return booking?.displayEnd ?? null;
      default:
        return null;
    }
  };
}
