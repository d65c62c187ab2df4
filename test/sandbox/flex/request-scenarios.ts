import type { Scenario } from '../core/scenarios.ts';
import type { FlexWorld } from './world.ts';

/** The scenario of that name, as far as it is on for this request. */
export type TakeScenario = (name: string) => Scenario | undefined;

/** A request uses a scenario up once, however often it looks; `route` is `METHOD /path/pattern`. */
export function scenariosFor(world: FlexWorld, route: string): TakeScenario {
  const taken = new Map<string, Scenario | undefined>();
  return name => {
    if (!taken.has(name)) taken.set(name, world.scenarios.takeFor(name, route, true));
    return taken.get(name);
  };
}

/** What Flex does by itself, when a time has come. */
export const BY_ITSELF = 'CLOCK /';
