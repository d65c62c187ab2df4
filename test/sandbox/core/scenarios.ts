/** What goes wrong, switched on and off while the sandbox runs. Several may be on at once. */
export type Scenario = { name: string; times?: number; route?: string; [option: string]: unknown };

export type Scenarios = {
  add(scenario: Scenario): void;
  clear(): void;
  active(): Scenario[];
  /** The first active scenario of that name, used up by one; undefined when there is none. */
  take(name: string): Scenario | undefined;
  /**
   * The same for a request on its way. `route` is `METHOD /path/pattern`. A scenario with a route of its own applies
   * there only, one without applies where `byDefault` says so.
   */
  takeFor(name: string, route: string, byDefault: boolean): Scenario | undefined;
  /** Looks without using up. */
  peek(name: string): Scenario | undefined;
};

export function createScenarios(): Scenarios {
  let scenarios: Scenario[] = [];
  const use = (found: Scenario | undefined) => {
    if (found?.times === undefined) return found;
    found.times -= 1;
    if (found.times <= 0) scenarios = scenarios.filter(scenario => scenario !== found);
    return found;
  };
  const named = (name: string, applies: (scenario: Scenario) => boolean = () => true) =>
    scenarios.length === 0
      ? undefined
      : scenarios.find(scenario => scenario.name === name && applies(scenario));
  return {
    add: scenario => {
      scenarios.push({ ...scenario });
    },
    clear: () => {
      scenarios = [];
    },
    active: () => scenarios.map(scenario => ({ ...scenario })),
    take: name => use(named(name)),
    takeFor: (name, route, byDefault) =>
      use(
        named(name, scenario =>
          scenario.route === undefined ? byDefault : isOnRoute(scenario.route, route),
        ),
      ),
    peek: name => named(name),
  };
}

/**
 * A scenario's route may leave the method out and may be the beginning of a path. It goes by whole segments; what
 * stands where the pattern varies is passed over.
 */
function isOnRoute(wanted: string, route: string): boolean {
  const [method, pattern] = route.split(' ') as [string, string];
  const [wantedMethod, wantedPath] = wanted.includes(' ')
    ? (wanted.split(' ') as [string, string])
    : [method, wanted];
  if (wantedMethod !== method) return false;
  const segments = pattern.split('/');
  for (const [index, part] of wantedPath.replace(/\/$/, '').split('/').entries()) {
    const segment = segments[index];
    if (segment === '*') return true;
    if (segment !== part && !segment?.startsWith(':')) return false;
  }
  return true;
}
