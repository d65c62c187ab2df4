/** What was written lately, though it happened long before: as after a time without database. */
import { listChecks, listRefusals, listVerifications } from '../../../server/store/listed-records.ts';
import { timeOrderedId } from '../../../server/store/ids.ts';
import {
  checkRecord,
  insertRecords,
  refusalRecord,
  type StoreRecord,
} from '../../../server/store/records.ts';
import { check } from '../../../server/domain/verdict.ts';
import { moveClock, onBothDatabases } from '../../setup/databases.ts';

const MINUTE = 60_000;
const subject = {
  call: 'initiate' as const,
  isSpeculative: false,
  processName: 'default-booking',
  transition: 'transition/request-payment',
  transactionId: 'a-transaction',
};
const refusal = {
  code: 'flex-refused',
  status: 409,
  flexCodes: ['transaction-locked'],
  stripeCode: null,
  stripeMessage: null,
  statusText: 'Conflict',
};
const verification = {
  ...subject,
  paymentIntentId: null,
  genuineness: 'unverified' as const,
  differing: [],
  status: null,
  cause: 'inconclusive',
  confidence: 0.4,
  attempt: 1,
};
const looked = check({ isSpeculative: false, creation: 'creates', attributes: {} });

/** One of each kind, as they were made so long ago. */
function recordsOf(ageMs: number): StoreRecord[] {
  const at = new Date(Date.now() - ageMs);
  const made = () => ({ id: timeOrderedId(at.getTime()), at });
  const records = [checkRecord(looked, subject, 'r'), refusalRecord(refusal, subject)];
  return [
    ...records.map(({ kind, record }) => ({ kind, record: { ...record, ...made() } }) as StoreRecord),
    { kind: 'verification', record: { ...verification, ...made() } },
  ];
}

onBothDatabases(databases => {
  const kinds = { checks: listChecks, refusals: listRefusals, verifications: listVerifications };
  it.each(Object.entries(kinds))('%s are found by when they were written', async (_name, list) => {
    const store = await databases.store();
    const ages = async (filter: object, page: object = {}) =>
      (await list(store.db, filter, { limit: 10, after: null, ...page })).map(({ at }) =>
        Math.round((Date.now() - at.getTime()) / MINUTE),
      );
    await insertRecords(store.db, [...recordsOf(0), ...recordsOf(120 * MINUTE), ...recordsOf(60 * MINUTE)]);

    expect(await ages({ recordedWithin: 30 })).toEqual([0, 60, 120]);
    expect(await ages({ recordedWithin: 30, processName: 'default-booking' })).toEqual([0, 60, 120]);
    expect(await ages({ recordedWithin: 30, processName: 'default-purchase' })).toEqual([]);
    expect(await ages({ recordedWithin: 30, since: new Date(Date.now() - 90 * MINUTE) })).toEqual([0, 60]);
    const [first] = await list(store.db, { recordedWithin: 30 }, { limit: 1, after: null });
    expect(await ages({ recordedWithin: 30 }, { limit: 1, after: first!.id })).toEqual([60]);

    await moveClock(store, MINUTE);

    expect(await ages({ recordedWithin: 30 })).toEqual([]);
    expect(await ages({ recordedWithin: 90 })).toEqual([0, 60, 120]);
    expect(await ages({})).toEqual([0, 60, 120]);
  });
});
