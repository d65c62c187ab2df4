/** How far we have read what others write. */
import type { Db, FeedRow } from './schema.ts';

export const readFeed = (db: Db, source: string): Promise<FeedRow | undefined> =>
  db.selectFrom('feeds').selectAll().where('source', '=', source).executeTakeFirst();

export const listFeeds = (db: Db): Promise<FeedRow[]> =>
  db.selectFrom('feeds').selectAll().orderBy('source').execute();

/** `added`: events that were new. */
export async function writeFeed(
  db: Db,
  source: string,
  { added = 0, ...change }: Partial<Omit<FeedRow, 'source' | 'events'>> & { added?: number },
): Promise<void> {
  await db
    .insertInto('feeds')
    .values({ source, ...change, events: added })
    .onConflict(conflict =>
      conflict.column('source').doUpdateSet(eb => ({ ...change, events: eb('feeds.events', '+', added) })),
    )
    .execute();
}
