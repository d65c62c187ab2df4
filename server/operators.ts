/** What operators can ask of the service, put together of what asks and what keeps. */
import { createHmac, hash } from 'node:crypto';
import type { Context } from './context.ts';
import { createOperatorViews } from './diagnostics/operator-views.ts';
import type { OpsDeps } from './http/ops/endpoint.ts';
import { investigate } from './verification/investigate.ts';
import { VERSION } from './version.ts';

/** Enough to tell tokens apart, and no help in guessing one. */
const DIGEST_LENGTH = 8;

export function opsDeps({
  config,
  store,
  processes,
  integration,
  stripe,
  intake,
  fallback,
  fallbackService,
  ...context
}: Context): OpsDeps {
  const now = Date.now;
  const views = createOperatorViews({ store, processes, now });
  const asking = { integration, stripe, processes, ownRecord: views.ownRecord, now };
  return {
    views,
    investigate: (transactionId, signal) => investigate(asking, transactionId, signal),
    inbox: intake && {
      replay: ids => intake.inbox.replay({ ids }),
      pullMissed: intake.pullMissed,
    },
    fallback: fallback.readiness,
    fallbackApproval: {
      approvedBy: config.fallback.approvedBy,
      supportCase: config.fallback.supportCase,
    },
    fallbackCases: fallbackService?.operators ?? null,
    sign: (place, text) =>
      createHmac('sha256', context.operatorTokens[place]!).update(text).digest('base64url'),
    tokenDigests: context.operatorTokens.map(token => hash('sha256', token, 'hex').slice(0, DIGEST_LENGTH)),
    service: { version: VERSION, environment: config.environment, clientId: config.flex.clientId },
    now,
  };
}
