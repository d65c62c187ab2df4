/** Whether the fallback is on, and if it was asked for and is not, what it lacks. */
import { fallbackReadiness } from '../../server/domain/fallback-readiness.ts';
import { lanesIn } from '../../server/domain/lane-findings.ts';
import type { World } from '../lib/world.ts';
import { bad, good, type Line } from './line.ts';

const NAME = 'fallback';

export async function fallbackLines({ config, processes, integration, stripe }: World): Promise<Line[]> {
  const { fallback: settings, database } = config;
  if (!settings.wanted) return [good(NAME, 'off, as PI_FALLBACK says')];
  const permissions = await stripe?.lackingPermissions();
  const { on, missing } = fallbackReadiness({
    settings,
    lanes: lanesIn(processes),
    hasIntegration: integration !== null,
    hasDatabase: database.kind !== 'none',
    stripe: stripe && {
      livemode: stripe.livemode,
      lacking: permissions?.outcome === 'found' ? permissions.value : 'not-looked',
    },
    switchedOffBy: null,
  });
  const { approvedBy, supportCase } = settings;
  return [
    on
      ? good(NAME, `can be on: approved by ${approvedBy}, support case ${supportCase}`)
      : bad(NAME, `stays off. It lacks ${missing.join('; ')}`, { mend: 'See docs/fallback.md.' }),
  ];
}
