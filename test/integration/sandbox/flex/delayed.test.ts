/** Delayed transitions: when each is due, and which of several is made. The clock stands still between the steps. */
import { refusalOf, userSdks } from '../../../setup/flex-sdks.ts';
import {
  CABIN,
  DAY,
  eur,
  HOUR,
  MINUTE,
  push,
  scenario,
  SECOND,
  step,
  transition,
  useSandbox,
} from './support.ts';

const T0 = Date.UTC(2029, 0, 1);
const sandbox = useSandbox({ frozenAt: T0 });
const BOOKING = {
  bookingStart: new Date(T0 + 10 * DAY),
  bookingEnd: new Date(T0 + 12 * DAY),
  bookingDisplayStart: new Date(T0 + 10 * DAY + 15 * HOUR),
  bookingDisplayEnd: new Date(T0 + 11 * DAY + 11 * HOUR),
};

const point = (name: string, argument = '') => `{:fn/timepoint [:time/${name}${argument}]}`;
const periods = (texts: string[]) => texts.map(text => `{:fn/period ["${text}"]}`).join(' ');
const plus = (time: string, ...texts: string[]) => `{:fn/plus [${time} ${periods(texts)}]}`;
const minus = (time: string, ...texts: string[]) => `{:fn/minus [${time} ${periods(texts)}]}`;
const min = (...times: string[]) => `{:fn/min [${times.join(' ')}]}`;
const unlessPast = (time: string) => `{:fn/ignore-if-past [${time}]}`;
const begun = point('tx-initiated');

async function begin(params: object = {}, process = 'timed') {
  const { sdk } = await userSdks(sandbox().info(), 'Alice');
  const order = {
    processAlias: `${process}/release-1`,
    transition: 'transition/begin',
    params: { listingId: CABIN, ...params },
  };
  const { data } = await sdk.transactions.initiate(order);
  return { sdk, id: data.data.id };
}

const own = (id: any) => sandbox().flex().transactions.get(id.uuid)!;
const stateOf = (id: any) => own(id).state;
const advanceTo = (time: number) => sandbox().advance(time - sandbox().now());

/** Begun at T0, waiting in one state, with a booking. */
const waiting = (at: string) => [
  step('begin', { to: 'waiting', actions: ['create-pending-booking {:type :time}'] }),
  step('fire', { from: 'waiting', to: 'fired', at }),
];

describe('is due', () => {
  it.each<[string, number]>([
    [plus(begun, 'PT15M'), 15 * MINUTE],
    [plus(begun, 'PT90S'), 90 * SECOND],
    [plus(begun, 'P1DT2H3M4S'), DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND],
    [plus(begun, 'P1W'), 7 * DAY],
    [plus(begun, 'P60D'), 60 * DAY],
    [plus(begun, 'P1M'), 31 * DAY],
    [plus(begun, 'P1Y'), 365 * DAY],
    [plus(begun, 'P1D', 'PT1H', 'PT1M'), DAY + HOUR + MINUTE],
    [plus(point('first-entered-state', ' :state/waiting'), 'PT5M'), 5 * MINUTE],
    [plus(point('last-entered-state', ' :state/waiting'), 'PT6M'), 6 * MINUTE],
    [plus(point('first-transitioned', ' :transition/begin'), 'PT7M'), 7 * MINUTE],
    [point('booking-start'), 10 * DAY],
    [point('booking-end'), 12 * DAY],
    [point('booking-display-start'), 10 * DAY + 15 * HOUR],
    [point('booking-display-end'), 11 * DAY + 11 * HOUR],
    [minus(point('booking-start'), 'P1D'), 9 * DAY],
    [minus(point('booking-start'), 'P1D', 'PT12H'), 8 * DAY + 12 * HOUR],
    [minus(plus(begun, 'P2D'), 'PT1H'), 2 * DAY - HOUR],
    [min(plus(begun, 'P6D'), plus(point('booking-start'), 'P1D'), point('booking-end')), 6 * DAY],
    [min(plus(begun, 'P60D'), plus(point('booking-start'), 'P1D'), point('booking-end')), 11 * DAY],
    [min(point('first-transitioned', ' :transition/fire'), plus(begun, 'PT1H')), HOUR],
    [min(unlessPast(minus(begun, 'P1D')), plus(begun, 'PT2H')), 2 * HOUR],
    [unlessPast(plus(begun, 'PT1M')), MINUTE],
  ])('%s', async (at, after) => {
    await push(sandbox(), 'timed', waiting(at));
    const { id } = await begin(BOOKING);

    await advanceTo(T0 + after - 1);
    expect(stateOf(id)).toBe('state/waiting');
    await advanceTo(T0 + after);

    expect(stateOf(id)).toBe('state/fired');
    expect(own(id).transitions.at(-1)).toEqual({
      transition: 'transition/fire',
      createdAt: T0 + after,
      by: 'system',
    });
  });

  it.each([
    ['before the state was entered', minus(begun, 'P1D')],
    ['as the state is entered', begun],
    ['in the past, as the least of several', min(minus(begun, 'PT1S'), plus(begun, 'P1D'))],
  ])('at once, when its time is %s', async (_what, at) => {
    await push(sandbox(), 'timed', waiting(at));
    const { id } = await begin(BOOKING);
    await sandbox().advance(0);

    expect(own(id).transitions).toMatchObject([
      { by: 'customer', createdAt: T0 },
      { by: 'system', createdAt: T0 },
    ]);
  });

  it.each([
    ['in the past, and is to be ignored then', unlessPast(minus(begun, 'PT1S'))],
    ['that of a state that was not entered', point('last-entered-state', ' :state/fired')],
    ['that of a transition that was not made', point('first-transitioned', ' :transition/fire')],
  ])('never, when its time is %s', async (_what, at) => {
    await push(sandbox(), 'timed', waiting(at));
    const { id } = await begin(BOOKING);

    await sandbox().advance(1000 * DAY);

    expect(stateOf(id)).toBe('state/waiting');
  });

  it.each(['booking-start', 'booking-end', 'booking-display-start', 'booking-display-end'])(
    'never, when it is %s and there is no booking',
    async name => {
      await push(sandbox(), 'timed', [
        step('begin', { to: 'waiting' }),
        step('fire', { from: 'waiting', to: 'fired', at: point(name) }),
      ]);
      const { id } = await begin();

      await sandbox().advance(1000 * DAY);

      expect(stateOf(id)).toBe('state/waiting');
    },
  );

  it('a month after the 31st at the end of the next', async () => {
    await advanceTo(Date.UTC(2029, 0, 31, 12));
    await push(sandbox(), 'timed', [
      step('begin', { to: 'waiting' }),
      step('fire', { from: 'waiting', to: 'fired', at: plus(begun, 'P1M') }),
    ]);
    const { id } = await begin();

    await sandbox().advance(60 * DAY);

    expect(own(id).lastTransitionedAt).toBe(Date.UTC(2029, 1, 28, 12));
  });
});

describe('states entered again', () => {
  const again = (name: 'first' | 'last') => [
    step('begin', { to: 'waiting' }),
    step('stay', { from: 'waiting', to: 'waiting' }),
    step('fire', {
      from: 'waiting',
      to: 'fired',
      at: plus(point(`${name}-entered-state`, ' :state/waiting'), 'PT10M'),
    }),
  ];

  it.each([
    ['first', 10],
    ['last', 19],
  ] as const)('count from when they were entered %s', async (name, minutes) => {
    await push(sandbox(), 'timed', again(name));
    const { sdk, id } = await begin();
    await sandbox().advance(9 * MINUTE);
    await transition(sdk, id, 'stay');

    await advanceTo(T0 + minutes * MINUTE - 1);
    expect(stateOf(id)).toBe('state/waiting');
    await sandbox().advance(1);

    expect(stateOf(id)).toBe('state/fired');
  });
});

describe('of several', () => {
  it('the earliest is made, wherever it stands in the file', async () => {
    await push(sandbox(), 'timed', [
      step('begin', { to: 'waiting' }),
      step('late', { from: 'waiting', to: 'late', at: plus(begun, 'PT2H') }),
      step('early', { from: 'waiting', to: 'early', at: plus(begun, 'PT1H') }),
    ]);
    const { id } = await begin();

    await sandbox().advance(3 * HOUR);

    expect(own(id).transitions.map(entry => entry.transition)).toEqual([
      'transition/begin',
      'transition/early',
    ]);
  });

  it('the others are dropped, also when the earliest fails', async () => {
    await push(sandbox(), 'timed', [
      step('begin', { to: 'waiting' }),
      step('early', { from: 'waiting', to: 'early', at: plus(begun, 'PT1H'), actions: ['fail'] }),
      step('late', { from: 'waiting', to: 'late', at: plus(begun, 'PT2H') }),
      step('leave', { from: 'waiting', to: 'left' }),
    ]);
    const { sdk, id } = await begin();

    await sandbox().advance(10 * DAY);

    expect(own(id).transitions).toHaveLength(1);
    // Parties may still move on.
    await transition(sdk, id, 'leave');
    expect(stateOf(id)).toBe('state/left');
  });

  it('none is made of a state that was left', async () => {
    await push(sandbox(), 'timed', [
      step('begin', { to: 'waiting' }),
      step('leave', { from: 'waiting', to: 'left' }),
      step('fire', { from: 'waiting', to: 'fired', at: plus(begun, 'PT1H') }),
    ]);
    const { sdk, id } = await begin();
    await sandbox().advance(30 * MINUTE);
    await transition(sdk, id, 'leave');

    await sandbox().advance(10 * DAY);

    expect(stateOf(id)).toBe('state/left');
  });

  it('one follows the other along a chain, each at its time', async () => {
    await push(sandbox(), 'timed', [
      step('begin', { to: 'a' }),
      step('one', { from: 'a', to: 'b', at: plus(begun, 'PT1H') }),
      step('two', { from: 'b', to: 'c', at: begun }),
      step('three', { from: 'c', to: 'd', at: plus(point('first-entered-state', ' :state/c'), 'PT1H') }),
    ]);
    const { id } = await begin();

    await sandbox().advance(3 * HOUR);

    expect(own(id).transitions.map(({ createdAt }) => createdAt - T0)).toEqual([0, HOUR, HOUR, 2 * HOUR]);
  });
});

it('nobody makes a delayed transition before its time', async () => {
  await push(sandbox(), 'timed', waiting(point('booking-start')));
  const { sdk, id } = await begin(BOOKING);

  expect(await refusalOf(transition(sdk, id, 'fire'))).toMatchObject({ status: 403, code: 'forbidden' });
});

it('one that comes due while another is under way has its turn after it, if the state is the same', async () => {
  await push(sandbox(), 'timed', [
    step('begin', {
      to: 'waiting',
      trusted: true,
      actions: ['privileged-set-line-items', 'stripe-create-payment-intent'],
    }),
    step('capture', { from: 'waiting', to: 'paid', actions: ['stripe-confirm-payment-intent'] }),
    step('fire', { from: 'waiting', to: 'fired', at: plus(begun, 'PT1H') }),
  ]);
  const { sdk, trusted } = await userSdks(sandbox().info(), 'Alice');
  const { data } = await trusted.transactions.initiate({
    processAlias: 'timed/release-1',
    transition: 'transition/begin',
    params: {
      listingId: CABIN,
      lineItems: [{ code: 'line-item/night', unitPrice: eur(5000), quantity: 1 }],
    },
  });
  const { id } = data.data;
  // Stripe takes its time over the confirmation, which fails then.
  await scenario(sandbox(), { name: 'slow', ms: 2 * HOUR, route: 'GET /v1/payment_intents' });
  const arrived = new Promise(resolve => {
    sandbox().arrivals.once('GET /v1/payment_intents/:id', resolve);
  });
  const confirming = refusalOf(transition(sdk, id, 'capture'));
  await arrived;

  await sandbox().advance(HOUR);
  expect(stateOf(id)).toBe('state/waiting');
  await sandbox().advance(HOUR);
  expect(await confirming).toMatchObject({ code: 'stripe-invalid-payment-intent-status' });
  await sandbox().advance(0);

  expect(stateOf(id)).toBe('state/fired');
});
