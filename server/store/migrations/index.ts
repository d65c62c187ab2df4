/** In the order of their names. One that was released is never changed again. */
import type { Migration } from 'kysely/migration';
import * as records from './001-records.ts';
import * as operators from './002-operators.ts';
import * as strangers from './003-strangers.ts';
import * as paymentCases from './004-payment-cases.ts';
import * as caseLists from './005-case-lists.ts';
import * as lateRecords from './006-late-records.ts';

export const migrations: Record<string, Migration> = {
  '001-records': records,
  '002-operators': operators,
  '003-strangers': strangers,
  '004-payment-cases': paymentCases,
  '005-case-lists': caseLists,
  '006-late-records': lateRecords,
};
