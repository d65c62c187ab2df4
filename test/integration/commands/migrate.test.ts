import { run } from '../../setup/processes.ts';
import { onPostgres } from '../../setup/databases.ts';

const databases = onPostgres();
const migrate = (environment: Record<string, string>) =>
  run(['scripts/migrate.ts'], { ...environment, NODE_ENV: 'test' });

describe('npm run migrate', () => {
  it('makes the tables once, and the service finds them', async () => {
    const place = (await databases.place()) as { url: string };

    await using first = migrate({ DATABASE_URL: place.url });
    expect(await first.exit).toBe(0);
    await using second = migrate({ DATABASE_URL: place.url });
    expect(await second.exit).toBe(0);

    expect([first.stdout(), second.stdout()]).toEqual([
      expect.stringMatching(/^001-records: done\n/),
      'Nothing to do.\n',
    ]);
    const store = await databases.newStore({ place });
    expect(await store.db.selectFrom('checks').selectAll().execute()).toEqual([]);
  });

  it.each([
    ['without a database', {}, 'migrate: DATABASE_URL is not the address of a Postgres.\n'],
    [
      'with one that is not there',
      { DATABASE_URL: 'postgres://u:canary@127.0.0.1:9/d' },
      'migrate: ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9\n',
    ],
  ])('says what is wrong %s', async (_what, environment, words) => {
    await using command = migrate(environment);

    expect(await command.exit).toBe(1);
    expect(command.stderr()).toBe(words);
  });
});
