/** Whether the fallback may run, and what it lacks, in words. Money moves on its account: nothing is assumed. */
import type { FallbackSettings } from './fallback-settings.ts';

export type FallbackFacts = {
  settings: FallbackSettings;
  /** What each process file says of its lane: nothing wrong, or what. Of the files here; Flex may have other versions. */
  lanes: { process: string; wrong: string[] }[];
  hasIntegration: boolean;
  /** Whether cases can be kept. */
  hasDatabase: boolean;
  /** null without a key. */
  stripe: { livemode: boolean; lacking: string[] | 'not-looked' } | null;
  /** Who switched it off while it ran; null when nobody did. */
  switchedOffBy: string | null;
};

export type FallbackReadiness = { on: boolean; missing: string[] };

export function fallbackReadiness(facts: FallbackFacts): FallbackReadiness {
  const missing = [
    ...asked(facts.settings),
    ...lanes(facts),
    ...(facts.hasIntegration
      ? []
      : ['Integration API credentials (SHARETRIBE_INTEGRATION_CLIENT_ID and _SECRET)']),
    ...(facts.hasDatabase ? [] : ['a database (DATABASE_URL, or DATA_DIR with one process)']),
    ...stripe(facts),
    ...(facts.switchedOffBy === null
      ? []
      : [`to be switched on again: ${facts.switchedOffBy} switched it off`]),
  ];
  return { on: missing.length === 0, missing };
}

const asked = ({ wanted, approvedBy, supportCase }: FallbackSettings) => [
  ...(wanted ? [] : ['PI_FALLBACK=on']),
  ...(approvedBy === null ? ['PI_FALLBACK_APPROVED_BY: who answers for it'] : []),
  ...(supportCase === null
    ? ["PI_FALLBACK_SUPPORT_CASE: the number of Sharetribe support's case about it"]
    : []),
];

/** Of the processes that are named each must have the lane; otherwise one is enough. */
function lanes({ settings, lanes: found }: FallbackFacts): string[] {
  if (settings.processes === null)
    return found.some(({ wrong }) => wrong.length === 0)
      ? []
      : ['a process file with the whole fallback lane (npm run process-doctor says what is missing)'];
  return settings.processes.flatMap(name => {
    const lane = found.find(({ process }) => process === name);
    if (!lane) return [`a process file for ${name}, named in PI_FALLBACK_PROCESSES`];
    return lane.wrong.length === 0 ? [] : [`the whole fallback lane in ${name}: ${lane.wrong.join(' ')}`];
  });
}

function stripe({ stripe: key, settings }: FallbackFacts): string[] {
  if (key === null) return ['a Stripe key (STRIPE_SECRET_KEY)'];
  return [
    ...(key.livemode && !settings.live ? ['PI_FALLBACK_LIVE=on: the Stripe key is a live one'] : []),
    ...permissions(key.lacking, settings),
  ];
}

function permissions(lacking: string[] | 'not-looked', { wanted }: FallbackSettings): string[] {
  if (lacking !== 'not-looked') return lacking.map(name => `the permission ${name} on the Stripe key`);
  // Nobody looks before it is asked for.
  return wanted ? ["a look at the Stripe key's permissions, which has not come to an end yet"] : [];
}
