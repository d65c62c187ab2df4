/** How much a caller may ask at once, and in a while. All callers of a sandbox have one address. */
import { FlexRefusal } from './errors.ts';
import type { Clock } from '../core/clock.ts';

export type Limits = {
  /** Refuses with 429, or returns what to call when the request is done. */
  enter(
    clock: Clock,
    settings: LimitSettings,
    request: { isCommand: boolean; isIntegration: boolean },
  ): () => void;
};

export type LimitSettings = { devRateLimits: boolean; integrationConcurrency: number };

/** Dev and test environments: a minute's worth at once, then one each second, or every other for commands. */
const BUCKETS = { query: { size: 60, msPerToken: 1_000 }, command: { size: 30, msPerToken: 2_000 } };

const tooMany = () => new FlexRefusal(429, 'too-many-requests', 'Too many requests');

export function createLimits(): Limits {
  let integrationInFlight = 0;
  const buckets = newBuckets();

  const takeToken = (clock: Clock, kind: keyof typeof BUCKETS) => {
    const { size, msPerToken } = BUCKETS[kind];
    const bucket = buckets[kind];
    const now = clock.now();
    bucket.tokens = Math.min(size, bucket.tokens + (now - bucket.filledAt) / msPerToken);
    bucket.filledAt = now;
    if (bucket.tokens < 1) throw tooMany();
    bucket.tokens -= 1;
  };

  return {
    enter(clock, settings, { isCommand, isIntegration }) {
      if (settings.devRateLimits) takeToken(clock, isCommand ? 'command' : 'query');
      if (!isIntegration) return () => undefined;
      if (integrationInFlight >= settings.integrationConcurrency) throw tooMany();
      integrationInFlight += 1;
      return () => {
        integrationInFlight -= 1;
      };
    },
  };
}

const newBuckets = () => ({
  query: { tokens: BUCKETS.query.size, filledAt: 0 },
  command: { tokens: BUCKETS.command.size, filledAt: 0 },
});
