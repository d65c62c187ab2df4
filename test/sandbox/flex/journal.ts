/**
 * The changes of one transition to things outside its transaction. They are made at once, so that nobody else takes the
 * same dates; the journal takes them back when the transition fails, and tells the event feed of them when it does not.
 */
import type { FlexWorld } from './world.ts';

/** Collections of the world that a transition may change. */
type Collections = Pick<FlexWorld, 'bookings' | 'stockReservations' | 'stockAdjustments' | 'reviews'>;
export type ChangedKind = keyof Collections;
type EntityOf<Kind extends ChangedKind> =
  Collections[Kind] extends Map<string, infer Entity extends { id: string }> ? Entity : never;

export type Change = {
  [Kind in ChangedKind]: { kind: Kind; before: EntityOf<Kind> | null; after: EntityOf<Kind> };
}[ChangedKind];

export type Journal = {
  put<Kind extends ChangedKind>(kind: Kind, entity: EntityOf<Kind>): void;
  /** For what can not be put back by putting the old thing back. */
  onUndo(step: () => Promise<void> | void): void;
  changes(): Change[];
  /** Takes all back, the last first. Returns a promise only when a step does. */
  undo(): Promise<void> | void;
};

export function createJournal(world: FlexWorld): Journal {
  const changes: Change[] = [];
  const steps: (() => Promise<void> | void)[] = [];
  return {
    put(kind, changed) {
      // The world's type knows that kind and entity belong together; a Map of either does not.
      const entity: { id: string } = changed;
      const collection = world[kind] as Map<string, { id: string }>;
      const before = collection.get(entity.id) ?? null;
      collection.set(entity.id, entity);
      changes.push({ kind, before, after: entity } as Change);
      steps.push(() => {
        if (before) collection.set(before.id, before);
        else collection.delete(entity.id);
      });
    },
    onUndo: step => void steps.push(step),
    changes: () => changes,
    undo() {
      const last = steps.pop();
      if (!last) return undefined;
      const waiting = last();
      return waiting ? waiting.then(() => this.undo()) : this.undo();
    },
  };
}
