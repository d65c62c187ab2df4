/** The dashboard and the alerts ask for what the service counts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openStore } from '../../server/store/store.ts';
import { silent } from '../setup/databases.ts';
import { startWorld } from '../setup/world.ts';

const directory = path.join(import.meta.dirname, '../../ext/observability');

it.each(['dashboard.json', 'alerts.yml'])('%s asks for nothing that is not counted', async file => {
  await using store = await openStore({ place: { url: 'postgres://127.0.0.1:9/none' }, log: silent });
  await using world = await startWorld({ store });
  const { metrics } = world.context;
  const counted = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  );

  const asked = [...readFileSync(path.join(directory, file), 'utf8').matchAll(/\bproxy_\w+/g)].map(
    ([name]) => name,
  );

  expect(asked.length).toBeGreaterThan(5);
  expect(new Set(asked).difference(new Set(counted))).toEqual(new Set());
});

it('the dashboard is one that Grafana can read: every panel has a place, a source and a question', () => {
  const { panels } = JSON.parse(readFileSync(path.join(directory, 'dashboard.json'), 'utf8')) as {
    panels: { gridPos: object; datasource: object; targets: { expr: string }[] }[];
  };
  for (const { gridPos, datasource, targets } of panels) {
    expect(Object.keys(gridPos).toSorted()).toEqual(['h', 'w', 'x', 'y']);
    expect(datasource).toMatchObject({ type: 'prometheus' });
    expect(targets.every(({ expr }) => expr.length > 10)).toBe(true);
  }
});
