/** Who looks on while payments are made: Stripe is asked behind the request, and people are told when payments fail. */
import { chatAt } from './diagnostics/chat.ts';
import { createIncidentWatch, type IncidentWatch } from './diagnostics/incident-watch.ts';
import type { Observer } from './domain/observer.ts';
import type { Processes } from './domain/process.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import { logIncident, logVerification, type Log } from './log.ts';
import type { StripeDoor } from './stripe/door.ts';
import { createVerifier, type RecordVerification } from './verification/behind-request.ts';
import { rememberedAccounts } from './verification/provider-accounts.ts';

type Deps = {
  log: Log;
  processes: Processes;
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  incidentWebhookUrl: string | null;
  /** Keeps what Stripe said, and what was refused. Neither may fail, and neither is waited for. */
  keep?: { verification: RecordVerification; refusal: Observer['refused'] };
};

export type PaymentWatch = Disposable & { observer: Observer; incidents: IncidentWatch };

export function watchPayments({
  log,
  processes,
  integration,
  stripe,
  incidentWebhookUrl,
  keep,
}: Deps): PaymentWatch {
  const incidents = createIncidentWatch({
    processes,
    now: Date.now,
    verifies: stripe !== null,
    write: (event, line) => logIncident(log, event, line),
    ...(incidentWebhookUrl !== null && {
      post: chatAt(incidentWebhookUrl, status => log.warn({ status }, 'the chat did not take the incident')),
    }),
  });
  const verifier =
    stripe &&
    createVerifier({
      stripe,
      processes,
      ...(integration && { providerAccount: rememberedAccounts(integration) }),
      record: verification => {
        logVerification(log, verification);
        incidents.verified(verification);
        keep?.verification(verification);
      },
    });
  return {
    observer: {
      checked: incidents.checked,
      refused: (refusal, call) => {
        incidents.refused(refusal, call);
        keep?.refusal(refusal, call);
      },
      verify: claim => verifier?.verify(claim),
    },
    incidents,
    [Symbol.dispose]: () => verifier?.[Symbol.dispose](),
  };
}
