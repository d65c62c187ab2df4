/** What is switched while the service runs, by people. */
import { appNow } from './clock.ts';
import type { Db, SwitchRow } from './schema.ts';

export const readSwitch = (db: Db, name: string): Promise<SwitchRow | undefined> =>
  db.selectFrom('switches').selectAll().where('name', '=', name).executeTakeFirst();

export async function writeSwitch(db: Db, name: string, isOn: boolean, by: string): Promise<void> {
  const values = { is_on: isOn, by, at: appNow };
  await db
    .insertInto('switches')
    .values({ name, ...values })
    .onConflict(conflict => conflict.column('name').doUpdateSet(values))
    .execute();
}
