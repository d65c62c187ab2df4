/** Looks through every column of every table, the jobs' too, for what must not be in any. */
import { sql } from 'kysely';
import { isCardNumber } from '../../server/domain/redact.ts';
import type { Store } from '../../server/store/store.ts';
import { secretsIn, type Find } from './secret-scan.ts';

const CARD = /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g;

const cardsIn = (text: string): Find[] =>
  [...text.matchAll(CARD)]
    .filter(([found]) => isCardNumber(found.replaceAll(/\D/g, '')))
    .map(([found]) => ({ kind: 'card number', found }));

/** `filled`: the tables with something in them. `known`: values that are secret, whatever they look like. */
export async function scanDatabase(
  { db }: Store,
  known: Iterable<string>,
): Promise<{ filled: Set<string>; finds: (Find & { column: string })[] }> {
  const { rows: columns } = await sql<{ schema: string; table: string; name: string }>`
    select table_schema as schema, table_name as "table", column_name as name
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema in ('proxy', 'pgboss') and table_type = 'BASE TABLE'`.execute(db);
  const filled = new Set<string>();
  const finds: (Find & { column: string })[] = [];
  for (const { schema, table, name } of columns) {
    const { rows } = await sql<{ value: string }>`
      select distinct ${sql.ref(name)}::text as value from ${sql.table(`${schema}.${table}`)}
      where ${sql.ref(name)} is not null`.execute(db);
    if (rows.length > 0) filled.add(`${schema}.${table}`);
    const text = rows.map(({ value }) => value).join('\n');
    const column = `${schema}.${table}.${name}`;
    finds.push(...[...secretsIn(text, known), ...cardsIn(text)].map(find => ({ ...find, column })));
  }
  return { filled, finds };
}
