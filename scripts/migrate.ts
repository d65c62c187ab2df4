/** `npm run migrate`: see scripts/README.md. */
import { Command } from 'commander';
import { readEnvironment } from '../server/config.ts';
import { prepareDatabase } from '../server/store/prepare.ts';

new Command('migrate')
  .description('Brings the tables of the Postgres in DATABASE_URL up to date.')
  .addHelpText(
    'after',
    `
The service does the same when it starts: run this before it where the service itself may not make tables.
An embedded database is left to the service.

Exit codes: 0 the tables are up to date, 1 they are not.

Example:
  DATABASE_URL=postgres://user:password@host:5432/database npm run --silent migrate`,
  )
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 1))
  .allowExcessArguments(false)
  .parse();

try {
  const url = readEnvironment()['DATABASE_URL'];
  if (url === undefined || !/^postgres(ql)?:\/\//.test(url))
    throw new Error('DATABASE_URL is not the address of a Postgres.');
  const migrated = await prepareDatabase(url);
  process.stdout.write(
    migrated.length === 0 ? 'Nothing to do.\n' : migrated.map(name => `${name}: done\n`).join(''),
  );
} catch (error) {
  process.stderr.write(`migrate: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
