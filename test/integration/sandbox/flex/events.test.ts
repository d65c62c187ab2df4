/** The event feed of the Integration API. */
import { cabinOrder, operatorSdk, refusalOf, types, userSdks } from '../../../setup/flex-sdks.ts';
import {
  CABIN,
  DAY,
  HOUR,
  listingNamed,
  MINUTE,
  nights,
  preauthorized,
  requested,
  scenario,
  transition,
  useSandbox,
  UUID,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();

const query = async (params: object = {}) => (await operatorSdk(info()).events.query(params)).data;
const eventsOf = async (params: object = {}): Promise<any[]> =>
  (await query(params)).data.map((event: any) => event.attributes);
const typesOf = async (params: object = {}) => (await eventsOf(params)).map(({ eventType }) => eventType);

describe('what is written', () => {
  it('one event for a transition and one for each thing that it changed, as the operator sees it', async () => {
    const { id, user } = await requested(sandbox());

    const events = await eventsOf();

    expect(events.map(({ eventType }) => eventType)).toEqual(['booking/created', 'transaction/initiated']);
    const [booking, initiated] = events;
    expect(initiated).toEqual({
      createdAt: expect.any(Date),
      sequenceId: expect.any(Number),
      marketplaceId: expect.objectContaining({ uuid: expect.stringMatching(/^5a9dbc0a-/) }),
      eventType: 'transaction/initiated',
      source: 'source/transaction',
      resourceId: expect.objectContaining({ uuid: id.uuid }),
      resourceType: 'transaction',
      resource: {
        id: expect.objectContaining({ uuid: id.uuid }),
        type: 'transaction',
        attributes: expect.objectContaining({
          state: 'state/pending-payment',
          payinTotal: expect.objectContaining({ amount: 15000, currency: 'EUR' }),
          protectedData: { unitType: 'night' },
        }),
        relationships: {
          marketplace: { data: expect.objectContaining({ type: 'marketplace' }) },
          listing: { data: { id: expect.objectContaining({ uuid: CABIN }), type: 'listing' } },
          customer: { data: { id: expect.objectContaining({ uuid: user.id }), type: 'user' } },
          provider: { data: expect.objectContaining({ type: 'user' }) },
          booking: { data: { id: booking.resourceId, type: 'booking' } },
          stockReservation: { data: null },
        },
      },
      previousValues: {},
      auditData: {
        userId: expect.objectContaining({ uuid: user.id }),
        adminId: null,
        clientId: expect.objectContaining({ uuid: info().flex.clientId }),
        requestId: null,
      },
    });
    expect(booking).toMatchObject({
      resourceType: 'booking',
      resource: { attributes: { state: 'pending' } },
    });
  });

  it('what a transition changed, with the values before', async () => {
    const { id } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    const last = (await eventsOf()).at(-1).sequenceId;

    await transition(petra.sdk, id, 'accept');

    const [booking, transitioned] = await eventsOf({ startAfterSequenceId: last });
    expect(booking).toMatchObject({
      eventType: 'booking/updated',
      resource: { attributes: { state: 'accepted' } },
      previousValues: { attributes: { state: 'pending' } },
    });
    expect(transitioned).toMatchObject({
      eventType: 'transaction/transitioned',
      source: 'source/transaction',
      auditData: { userId: { uuid: petra.user.id } },
      resource: { attributes: { lastTransition: 'transition/accept', state: 'state/accepted' } },
    });
    expect(Object.keys(transitioned.previousValues)).toEqual(['attributes']);
    expect(Object.keys(transitioned.previousValues.attributes).toSorted()).toEqual([
      'lastTransition',
      'lastTransitionedAt',
      'state',
      'transitions',
    ]);
    expect(transitioned.previousValues.attributes.state).toBe('state/preauthorized');
  });

  it('metadata key by key, null for what was not there', async () => {
    const { id } = await requested(sandbox());
    const operator = operatorSdk(info());
    const update = (metadata: object) => operator.transactions.updateMetadata({ id: id.uuid, metadata });
    await update({ a: { x: 1 }, b: 1, same: 's' });

    await update({ a: { x: 2 }, b: null, c: 3 });

    const [first, second] = await eventsOf({ eventTypes: ['transaction/updated'] });
    expect(first).toMatchObject({
      source: 'source/integration-api',
      previousValues: { attributes: { metadata: { a: null, b: null, same: null } } },
      auditData: { userId: null, clientId: { uuid: info().integration.clientId } },
    });
    expect(second.resource.attributes.metadata).toEqual({ a: { x: 2 }, c: 3, same: 's' });
    expect(second.previousValues).toEqual({ attributes: { metadata: { a: { x: 1 }, b: 1, c: null } } });
  });

  it('what happens by itself, by nobody', async () => {
    await requested(sandbox());
    await sandbox().advance(15 * MINUTE);

    const [booking, expired] = (await eventsOf()).slice(-2);

    expect(booking.previousValues).toEqual({ attributes: { state: 'pending' } });
    expect(expired).toMatchObject({
      eventType: 'transaction/transitioned',
      auditData: { userId: null, adminId: null, clientId: null },
      resource: { attributes: { state: 'state/payment-expired', payinTotal: { amount: 0 } } },
      previousValues: { attributes: { payinTotal: { amount: 15000 } } },
    });
  });

  it('stock, reviews and users as well', async () => {
    const { id: listingId } = listingNamed(sandbox(), 'Hand-made');
    const { id, sdk, trusted } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    await transition(petra.sdk, id, 'accept');
    await sandbox().advance(Date.UTC(2030, 0, 15, 1) - sandbox().now());
    const last = (await eventsOf()).at(-1).sequenceId;

    await trusted.transactions.initiate({
      processAlias: 'default-purchase/release-1',
      transition: 'transition/request-payment',
      params: {
        listingId,
        stockReservationQuantity: 2,
        lineItems: [{ code: 'line-item/item', unitPrice: new types.Money(1999, 'USD'), quantity: 2 }],
      },
    });
    await transition(sdk, id, 'review-1-by-customer', { reviewRating: 4, reviewContent: 'Good' });
    await operatorSdk(info()).users.updateProfile({ id: petra.user.id, metadata: { vip: true } });

    const events = await eventsOf({ startAfterSequenceId: last });
    expect(
      events.map(({ eventType, resource }) => [
        eventType,
        resource.attributes.quantity ?? resource.attributes.state,
      ]),
    ).toEqual([
      ['stockAdjustment/created', -2],
      ['stockReservation/created', 2],
      ['transaction/initiated', 'state/pending-payment'],
      ['review/created', 'pending'],
      ['transaction/transitioned', 'state/reviewed-by-customer'],
      ['user/updated', 'active'],
    ]);
    expect(events.at(-1)).toMatchObject({
      source: 'source/integration-api',
      previousValues: { attributes: { profile: { metadata: { vip: null } } } },
    });
  });
});

describe('what is asked', () => {
  it('comes in rising sequence ids, which are no count', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    for (const first of [1, 5, 10, 15, 20, 25])
      await trusted.transactions.initiate(cabinOrder(info(), nights(first, first + 2)));

    const ids = (await eventsOf()).map(({ sequenceId }) => sequenceId);

    expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => one - other));
    expect(ids.at(-1) - ids[0]).toBeGreaterThan(ids.length - 1);
    for (const event of (await query()).data) expect(event.id.uuid).toMatch(UUID);
  });

  it('a hundred at most, and no pages: one goes on after the last', async () => {
    const { id } = await requested(sandbox());
    const operator = operatorSdk(info());
    for (let n = 0; n < 119; n++)
      await operator.transactions.updateMetadata({ id: id.uuid, metadata: { n } });

    const { data, meta } = await query();
    const rest = await query({ startAfterSequenceId: data.at(-1).attributes.sequenceId });

    expect([data.length, rest.data.length]).toEqual([100, 21]);
    expect(meta).toEqual({
      totalItems: null,
      totalPages: null,
      page: 1,
      perPage: 100,
      paginationUnsupported: true,
    });
    expect(await refusalOf(query({ page: 2 }))).toMatchObject({
      status: 400,
      code: 'validation-disallowed-key',
    });
  });

  it('by type, by thing, by what it is about, and by time', async () => {
    const { id } = await requested(sandbox());
    await sandbox().advance(HOUR);
    const between = new Date(sandbox().now() - 30 * MINUTE);

    expect(await typesOf({ eventTypes: ['transaction/initiated', 'never/heard-of'] })).toEqual([
      'transaction/initiated',
    ]);
    expect(await typesOf({ eventTypes: 'booking/created,booking/updated' })).toEqual([
      'booking/created',
      'booking/updated',
    ]);
    expect(await typesOf({ resourceId: id.uuid })).toEqual([
      'transaction/initiated',
      'transaction/transitioned',
    ]);
    expect(await typesOf({ relatedResourceId: id.uuid })).toEqual(['booking/created', 'booking/updated']);
    expect(await typesOf({ relatedResourceId: CABIN, eventTypes: 'transaction/initiated' })).toEqual([
      'transaction/initiated',
    ]);
    expect(await typesOf({ createdAtStart: between })).toEqual([]);
    expect(await typesOf({ createdAtStart: new Date(sandbox().now() - 50 * MINUTE) })).toEqual([
      'booking/updated',
      'transaction/transitioned',
    ]);
  });

  it.each<[object, string]>([
    [{ startAfterSequenceId: 1, createdAtStart: new Date(0) }, 'validation-invalid-params'],
    [{ resourceId: CABIN, relatedResourceId: CABIN }, 'validation-invalid-params'],
    [{ startAfterSequenceId: 'one' }, 'validation-invalid-value'],
    [{ createdAtStart: 'then' }, 'validation-invalid-value'],
  ])('refuses %j', async (params, code) => {
    expect(await refusalOf(query(params))).toMatchObject({ status: 400, code });
  });
});

it('event-lag: the feed is `ms` behind, and nothing is lost', async () => {
  await scenario(sandbox(), { name: 'event-lag', ms: MINUTE });
  await requested(sandbox());

  expect(await typesOf()).toEqual([]);
  await sandbox().advance(MINUTE);

  expect(await typesOf()).toEqual(['booking/created', 'transaction/initiated']);
});

it.each([
  [7, 7 * DAY],
  [90, 90 * DAY],
])('keeps events for %i days', async (days, age) => {
  sandbox().flex().settings.eventRetentionDays = days;
  const { id } = await requested(sandbox());
  await operatorSdk(info()).transactions.updateMetadata({ id: id.uuid, metadata: { a: 1 } });
  const only = { eventTypes: ['transaction/updated'] };

  await sandbox().advance(age - MINUTE);
  expect(await typesOf(only)).toEqual(['transaction/updated']);
  await sandbox().advance(2 * MINUTE);

  expect(await typesOf(only)).toEqual([]);
});

it('a refused transition and a simulation write nothing', async () => {
  const { trusted } = await userSdks(info(), 'Alice');
  await trusted.transactions.initiateSpeculative(cabinOrder(info()));
  await refusalOf(trusted.transactions.initiate(cabinOrder(info(), { lineItems: [] })));

  expect(await typesOf()).toEqual([]);
});
