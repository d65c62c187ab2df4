import { createIncidentWatch } from '../../../server/diagnostics/incident-watch.ts';
import type { Diagnosis } from '../../../server/domain/diagnosis/diagnose.ts';
import { refusal } from '../../../server/domain/diagnosis/samples.ts';

const subject = {
  call: 'initiate' as const,
  isSpeculative: false,
  processName: 'default-booking',
  transition: 'transition/request-payment',
  transactionId: null,
};
const diagnosisOf = (cause: Diagnosis['cause']): Diagnosis => ({
  cause,
  confidence: 0.98,
  evidence: [],
  next: '',
  docs: '',
  alternatives: [],
});

it('an incident is not over because the fallback carries orders', async () => {
  const events: string[] = [];
  const watch = createIncidentWatch({
    processes: new Map(),
    now: () => 0,
    verifies: true,
    write: (event, { cause }) => events.push(`${event} ${cause}`),
  });
  const verified = (cause: Diagnosis['cause']) =>
    [1, 2, 3].map(() => watch.verified({ subject, genuineness: 'genuine', diagnosis: diagnosisOf(cause) }));

  watch.refused(refusal({ flexCodes: ['stripe-missing-api-key'] }).refusal!, subject);
  verified('carried-by-fallback');
  verified('fallback-out-of-step');
  await watch.settle();
  expect(events).toEqual(['opened flex-stripe-not-configured']);

  verified('healthy');
  await watch.settle();
  expect(events).toEqual(['opened flex-stripe-not-configured', 'closed flex-stripe-not-configured']);
});
