/** The event feed of the Integration API, written as things change. */
import { isDeepStrictEqual } from 'node:util';
import { operatorResource, type Node } from '../document.ts';
import type { Change } from '../journal.ts';
import {
  bookingNode,
  reviewNode,
  stockAdjustmentNode,
  stockReservationNode,
  transactionNode,
  userNode,
} from '../nodes.ts';
import type { Transaction } from '../transactions/entity.ts';
import type { User } from '../users/entity.ts';
import { isPlainObject, type PlainObject } from '../values.ts';
import type { FlexWorld } from '../world.ts';
import type { FlexEvent } from './entity.ts';

/** Who caused it: a user, or nobody; by which application. */
export type Audit = FlexEvent['audit'];

type Subtype = 'created' | 'updated' | 'deleted' | 'initiated' | 'transitioned';

function record(
  world: FlexWorld,
  subtype: Subtype,
  source: FlexEvent['source'],
  audit: Audit,
  after: Node,
  before: Node | null,
  relatedIds: string[],
): void {
  const resource = operatorResource(after);
  append(world, {
    eventType: `${after.resource.type}/${subtype}`,
    source,
    resourceId: after.resource.id.uuid,
    relatedIds,
    resource,
    previousValues: before ? previousValues(operatorResource(before), resource) : {},
    audit,
  });
}

function append(world: FlexWorld, event: Omit<FlexEvent, 'id' | 'sequenceId' | 'createdAt'>): void {
  world.feed.push({
    id: world.random.uuid(),
    sequenceId: (world.feed.at(-1)?.sequenceId ?? FIRST_SEQUENCE_ID) + 1 + world.random.below(3),
    createdAt: world.clock.now(),
    ...event,
  });
}

/** Sequence ids rise, and not by one. */
const FIRST_SEQUENCE_ID = 1_000;

/** One event for the transaction, and one for each booking, reservation, adjustment or review that it changed. */
export function recordTransition(
  world: FlexWorld,
  after: Transaction,
  before: Transaction | null,
  changes: Change[],
  audit: Audit,
): void {
  for (const change of changes) recordChange(world, change, audit);
  const node = (transaction: Transaction) => transactionNode(world, transaction, 'operator');
  const subtype = before ? 'transitioned' : 'initiated';
  record(world, subtype, 'source/transaction', audit, node(after), before && node(before), relatedTo(after));
}

export function recordMetadata(
  world: FlexWorld,
  after: Transaction,
  before: Transaction,
  audit: Audit,
): void {
  const node = (transaction: Transaction) => transactionNode(world, transaction, 'operator');
  record(world, 'updated', 'source/integration-api', audit, node(after), node(before), relatedTo(after));
}

export function recordUser(
  world: FlexWorld,
  after: User,
  before: User | null,
  source: FlexEvent['source'],
  audit: Audit,
): void {
  const node = (user: User) => userNode(world, user, 'operator');
  record(world, before ? 'updated' : 'created', source, audit, node(after), before && node(before), []);
}

/** Nothing is left of it but what it was. */
export function recordDeletedUser(world: FlexWorld, user: User, audit: Audit): void {
  append(world, {
    eventType: 'user/deleted',
    source: 'source/marketplace-api',
    resourceId: user.id,
    relatedIds: [],
    resource: null,
    previousValues: operatorResource(userNode(world, user, 'operator')),
    audit,
  });
}

const relatedTo = ({ listingId, customerId, providerId }: Transaction) => [listingId, customerId, providerId];

function recordChange(world: FlexWorld, change: Change, audit: Audit): void {
  const { after, before, related } = nodesOf(world, change);
  record(world, before ? 'updated' : 'created', 'source/transaction', audit, after, before, related);
}

function nodesOf(world: FlexWorld, change: Change) {
  switch (change.kind) {
    case 'bookings':
      return {
        ...pair(booking => bookingNode(world, booking), change),
        related: aboutTransaction(change.after),
      };
    case 'stockReservations':
      return {
        ...pair(entry => stockReservationNode(world, entry), change),
        related: aboutTransaction(change.after),
      };
    case 'stockAdjustments':
      return {
        ...pair(entry => stockAdjustmentNode(world, entry), change),
        related: [change.after.listingId],
      };
    default:
      return {
        ...pair(review => reviewNode(world, review, 'operator'), change),
        related: aboutTransaction(change.after),
      };
  }
}

const pair = <Entity>(
  node: (entity: Entity) => Node,
  { after, before }: { after: Entity; before: Entity | null },
) => ({
  after: node(after),
  before: before && node(before),
});

const aboutTransaction = (part: { transactionId: string; listingId: string }) => [
  part.transactionId,
  part.listingId,
];

const EXTENDED = ['publicData', 'protectedData', 'privateData', 'metadata', 'profile'];

/** What was there before, for what is different now: attributes, and things it is connected with. */
function previousValues(before: PlainObject, after: PlainObject): PlainObject {
  const changed = ['attributes', 'relationships'].map(
    part => [part, changedValues(before[part], after[part])] as const,
  );
  return Object.fromEntries(changed.filter(([, values]) => Object.keys(values).length > 0));
}

/** Extended data key by key, null for what was not there. */
function changedValues(before: unknown, after: unknown): PlainObject {
  const [old, fresh] = [before as PlainObject, after as PlainObject];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return Object.fromEntries(
    names
      .filter(name => !isDeepStrictEqual(old[name] ?? null, fresh[name] ?? null))
      .map(name => {
        const deeper = EXTENDED.includes(name) && isPlainObject(old[name]) && isPlainObject(fresh[name]);
        return [name, deeper ? changedValues(old[name], fresh[name]) : (old[name] ?? null)];
      }),
  );
}
