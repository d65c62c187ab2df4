/** The event feed of the Integration API, written as things change. */
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

type Subtype = 'created' | 'updated' | 'initiated' | 'transitioned';

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
  world.feed.push({
    id: world.random.uuid(),
    sequenceId: (world.feed.at(-1)?.sequenceId ?? FIRST_SEQUENCE_ID) + 1 + world.random.below(3),
    createdAt: world.clock.now(),
    eventType: `${after.resource.type}/${subtype}`,
    source,
    resourceId: after.resource.id.uuid,
    relatedIds,
    resource,
    previousValues: before
      ? { attributes: changedValues(operatorResource(before)['attributes'], resource['attributes']) }
      : {},
    audit,
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

const relatedTo = ({ listingId, customerId, providerId }: Transaction) => [listingId, customerId, providerId];

function recordChange(world: FlexWorld, change: Change, audit: Audit): void {
  const nodes = nodesOf(world, change);
  if (!nodes) return;
  const { after, before, related } = nodes;
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
    case 'reviews':
      return {
        ...pair(review => reviewNode(world, review), change),
        related: aboutTransaction(change.after),
      };
    default:
      // A transition changes a listing's stock only, and its adjustment says so.
      return null;
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

/** What was there before, for what is different now; extended data key by key, null for what was not there. */
function changedValues(before: unknown, after: unknown): PlainObject {
  const [old, fresh] = [before as PlainObject, after as PlainObject];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return Object.fromEntries(
    names
      .filter(name => JSON.stringify(old[name]) !== JSON.stringify(fresh[name]))
      .map(name => {
        const deeper = EXTENDED.includes(name) && isPlainObject(old[name]) && isPlainObject(fresh[name]);
        return [name, deeper ? changedValues(old[name], fresh[name]) : (old[name] ?? null)];
      }),
  );
}
