/** `node test/sandbox/readme.ts` writes the lists of the README anew: from the routes, controls and scenarios themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { controlRoutes } from './control.ts';
import { flexRoutes } from './flex/service.ts';
import { scenarioKinds } from './scenarios.ts';
import { stripeRoutes } from './stripe/service.ts';

const file = path.join(import.meta.dirname, 'README.md');

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

const code = (text: string) => `\`${text}\``;

function endpoints(routes: { method: string; path: string }[]): string {
  const methods = Map.groupBy(routes, route => route.path);
  return [...methods]
    .map(
      ([place, at]) =>
        `    ${at
          .map(({ method }) => method)
          .toSorted()
          .join(', ')} ${place}`,
    )
    .join('\n');
}

const lists: Record<string, () => string> = {
  control: () =>
    table(
      ['call', ''],
      Object.entries(controlRoutes).map(([call, { does }]) => [code(call), does]),
    ),
  scenarios: () =>
    table(
      ['name', 'what goes wrong', 'unless said otherwise'],
      Object.entries(scenarioKinds).map(([name, { does, defaults }]) => [
        code(name),
        does,
        defaults ? code(JSON.stringify(defaults)) : '',
      ]),
    ),
  'flex-endpoints': () => endpoints(flexRoutes),
  'stripe-endpoints': () => endpoints(stripeRoutes),
};

const marked = /<!-- ([\w-]+) -->.*?<!-- end -->/gs;

/** The README as it is, and as it should be. */
export function readme(): { is: string; shouldBe: string } {
  const is = readFileSync(file, 'utf8');
  const shouldBe = is.replace(
    marked,
    (_, name: string) => `<!-- ${name} -->\n\n${lists[name]!()}\n\n<!-- end -->`,
  );
  return { is, shouldBe };
}

if (import.meta.main) writeFileSync(file, readme().shouldBe);
