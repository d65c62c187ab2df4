/** What goes wrong, switched on and off while the sandbox runs. Several may be on at once. */
export type Scenario = { name: string; times?: number; route?: string; [option: string]: unknown };

export type Scenarios = {
  add(scenario: Scenario): void;
  clear(): void;
  active(): Scenario[];
  /**
   * The first active scenario of that name which applies to the route, used up by one; undefined when there is none.
   * `route` is `METHOD /path/pattern`. A scenario without a route of its own applies wherever it is asked for.
   */
  take(name: string, route?: string): Scenario | undefined;
};

export function createScenarios(): Scenarios {
  let scenarios: Scenario[] = [];
  return {
    add: scenario => {
      scenarios.push({ ...scenario });
    },
    clear: () => {
      scenarios = [];
    },
    active: () => scenarios.map(scenario => ({ ...scenario })),
    take(name, route) {
      const found = scenarios.find(scenario => scenario.name === name && appliesTo(scenario, route));
      if (!found) return undefined;
      if (found.times !== undefined) {
        found.times -= 1;
        if (found.times <= 0) scenarios = scenarios.filter(scenario => scenario !== found);
      }
      return found;
    },
  };
}

/** A scenario's route may leave the method out and may be the beginning of a path. */
export function appliesTo(scenario: Scenario, route: string | undefined): boolean {
  if (scenario.route === undefined || route === undefined) return true;
  const [method, path] = route.split(' ') as [string, string];
  const wanted = scenario.route.includes(' ') ? scenario.route.split(' ') : [method, scenario.route];
  return wanted[0] === method && path.startsWith(wanted[1] as string);
}
