/** Who looks on while payments are made: Stripe is asked behind the request, and people are told when payments fail. */
import { chatAt } from './diagnostics/chat.ts';
import { createIncidentWatch, type IncidentWatch } from './diagnostics/incident-watch.ts';
import type { Observer } from './domain/observer.ts';
import type { Processes } from './domain/process.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import { logIncident, logVerification, type Log } from './log.ts';
import { noteTogether } from './diagnostics/shared-incidents.ts';
import { ownRecordOf } from './store/own-record.ts';
import { keepIn } from './store/records.ts';
import type { Store } from './store/store.ts';
import type { StripeDoor } from './stripe/door.ts';
import { lookAtSeen, verifySeen, type SeenDeps, type SeenPayment } from './verification/behind-feed.ts';
import { createVerifier, type Verification, type WaitingLook } from './verification/behind-request.ts';
import { investigate } from './verification/investigate.ts';
import { rememberedAccounts } from './verification/provider-accounts.ts';

type Deps = {
  log: Log;
  processes: Processes;
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  incidentWebhookUrl: string | null;
  /** Keeps what Stripe said and what was refused, and what must not be forgotten. null: in memory only. */
  store: Store | null;
};

export type PaymentWatch = Disposable & {
  observer: Observer;
  incidents: IncidentWatch;
  /** Flex's feed tells of a payment; null where nothing could be asked of it. */
  seen: ((payment: Omit<SeenPayment, 'attempt'>) => Promise<void>) | null;
  /** Looks at Stripe that wait in memory, and those that there was no room for. */
  looks(): { waiting: number; dropped: number };
  /** Writes down what only this process knows. */
  settle(): Promise<void>;
};

const LOOK_AGAIN = 'verify-again';
const LOOK_AT_SEEN = 'verify-seen';

/** Before the store starts. */
export function watchPayments({
  log,
  processes,
  integration,
  stripe,
  incidentWebhookUrl,
  store,
}: Deps): PaymentWatch {
  const keep = store && keepIn(store);
  const incidents = createIncidentWatch({
    processes,
    now: Date.now,
    verifies: stripe !== null,
    write: (event, line) => logIncident(log, event, line),
    ...(store && { together: seen => noteTogether(store, seen) }),
    ...(incidentWebhookUrl !== null && {
      post: chatAt(incidentWebhookUrl, status => log.warn({ status }, 'the chat did not take the incident')),
    }),
  });
  const record = (verification: Verification) => {
    logVerification(log, verification);
    incidents.verified(verification);
    keep?.verification(verification);
  };
  const verifier =
    stripe &&
    createVerifier({
      stripe,
      processes,
      ...(integration && { providerAccount: rememberedAccounts(integration) }),
      record,
      broken: fault => log.error({ err: fault }, 'a PaymentIntent could not be compared with Stripe'),
      ...(store && {
        putOff: (waiting, ms) => store.jobs.send(LOOK_AGAIN, waiting.paymentIntentId, waiting, ms),
      }),
    });
  if (verifier)
    store?.jobs.define<WaitingLook>({ name: LOOK_AGAIN, work: waiting => verifier.lookAgain(waiting) });
  const putOffSeen: SeenDeps['putOff'] | null =
    store && stripe && integration
      ? (payment, ms) => store.jobs.send(LOOK_AT_SEEN, payment.transactionId, payment, ms)
      : null;
  if (store && putOffSeen) {
    const { db } = store;
    const ownRecord = (id: string) => ownRecordOf(db, id);
    const asking = { integration, stripe, processes, ownRecord, now: Date.now };
    const deps: SeenDeps = {
      db,
      investigate: (id, signal) => investigate(asking, id, signal),
      record,
      putOff: putOffSeen,
    };
    store.jobs.define<SeenPayment>({
      name: LOOK_AT_SEEN,
      work: (payment, signal) => verifySeen(deps, payment, signal),
    });
  }
  return {
    observer: {
      checked: incidents.checked,
      refused: (refusal, call, isProven) => {
        if (isProven) incidents.refused(refusal, call);
        keep?.refusal(refusal, call, isProven);
      },
      verify: claim => verifier?.verify(claim),
    },
    incidents,
    seen: putOffSeen && (payment => lookAtSeen(putOffSeen, payment)),
    looks: () => verifier?.counts() ?? { waiting: 0, dropped: 0 },
    settle: async () => {
      await Promise.all([incidents.settle(), verifier?.settle()]);
    },
    [Symbol.dispose]: () => verifier?.[Symbol.dispose](),
  };
}
