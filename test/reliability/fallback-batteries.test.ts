/**
 * A part of `npm run prove:kill`, `prove:instances` and `prove:races` in each test run, each in a process of its own: what they look
 * at is said in `batteries/`. How many comes from the environment.
 */
import { run } from '../setup/processes.ts';

const KILLS = process.env['FALLBACK_KILLS'] ?? '10';
const TRANSACTIONS = process.env['FALLBACK_TRANSACTIONS'] ?? '50';
const ORDERS = process.env['FALLBACK_ORDERS'] ?? '500';

async function battery(name: string, ...options: string[]) {
  await using command = run(['--disable-proto=delete', `test/reliability/batteries/${name}.ts`, ...options]);
  const code = await command.exit;
  const line = command.stdout().trim().split('\n').at(-1) ?? '';
  return { code, problems: code === 0 ? '' : command.stderr(), said: JSON.parse(line || '{}') };
}

const NOTHING_WRONG = {
  doubleReleases: 0,
  doubleCharges: 0,
  doubleRefunds: 0,
  doublePayouts: 0,
  lostBookings: 0,
  staleHolds: 0,
  chargesWithoutBooking: 0,
  unfinished: 0,
};

describe('the fallback', () => {
  it(
    `carries bookings to their end though it is killed ${KILLS} times, on either database`,
    async () => {
      expect(await battery('kill', '--kills', KILLS)).toMatchObject({
        code: 0,
        problems: '',
        said: { kills: 2 * Number(KILLS), ...NOTHING_WRONG },
      });
    },
    240_000 + Number(KILLS) * 15_000,
  );

  it(
    `hands out one PaymentIntent each for ${TRANSACTIONS} orders that two services are asked for at once`,
    async () => {
      const { code, problems, said } = await battery('instances', '--transactions', TRANSACTIONS);

      expect({ code, problems, said }).toMatchObject({
        code: 0,
        problems: '',
        said: { transactions: Number(TRANSACTIONS), mostPerTransaction: 1, ...NOTHING_WRONG },
      });
      expect(said.given).toBe(said.callers);
    },
    120_000 + Number(TRANSACTIONS) * 2_000,
  );

  it(
    `leaves no hold without a booking in ${ORDERS} orders of what happens as the time to pay runs out`,
    async () => {
      const { code, problems, said } = await battery('races', '--orders', ORDERS);

      expect({ code, problems, said }).toMatchObject({
        code: 0,
        problems: '',
        said: { orders: Number(ORDERS), ...NOTHING_WRONG },
      });
      expect(said.paid).toBeGreaterThan(Number(ORDERS) / 5);
    },
    120_000 + Number(ORDERS) * 2_000,
  );
});
