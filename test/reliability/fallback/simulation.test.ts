/** A part of what `npm run prove` does, in each test run; it runs in processes of its own, where mutants can be loaded. */
import { run } from '../../setup/processes.ts';

const FLAGS = ['--liftoff-only', '--no-wasm-dynamic-tiering', '--no-wasm-tier-up'];
const SEEDS = process.env['FALLBACK_SEEDS'] ?? '500';

async function prove(...options: string[]) {
  await using command = run([...FLAGS, 'test/reliability/fallback/prove.ts', ...options]);
  const code = await command.exit;
  const line = command.stdout().trim().split('\n').at(-1) ?? '';
  return { code, said: JSON.parse(line || '{}'), problems: command.stderr() };
}

describe('the fallback, simulated', () => {
  it(`is right in the end of ${SEEDS} bookings, whatever happens on the way`, async () => {
    const { code, said, problems } = await prove('--seeds', SEEDS);

    expect({ code, problems: code === 0 ? '' : problems, said }).toEqual({
      code: 0,
      problems: '',
      said: {
        seeds: Number(SEEDS),
        crashPoints: expect.any(Number),
        doubleReleases: 0,
        doubleCharges: 0,
        lostBookings: 0,
        staleHolds: 0,
        open: 0,
        needsOperator: expect.any(Number),
        violations: 0,
        firstSeed: null,
      },
    });
    expect(said.crashPoints).toBeGreaterThan(Number(SEEDS) * 50);
  }, 300_000);

  it('is right whichever single thing goes wrong', async () => {
    const { code, said, problems } = await prove('--singles');

    expect({ code, problems: code === 0 ? '' : problems, said }).toMatchObject({
      code: 0,
      problems: '',
      // What a refund came to is looked up only when the key of it is forgotten by then.
      said: { violations: 0, open: 0, notReached: ['stripe refunds'] },
    });
    expect(said.faults).toBeGreaterThan(100);
  }, 120_000);

  it.each([
    'fresh-key-each-time',
    'unknown-is-failed',
    'released-before-linked',
    'closed-before-cancelled',
    'booked-without-a-look',
  ])(
    'finds the fault %s',
    async mutant => {
      const { code, said } = await prove('--seeds', '400', '--mutant', mutant);

      expect({ code, caught: said.caught }).toEqual({ code: 1, caught: true });
    },
    120_000,
  );
});
