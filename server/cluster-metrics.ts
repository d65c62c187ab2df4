/**
 * The counts of several processes as those of one: whichever of them Prometheus meets, it asks the first process, which
 * asks all of them and adds up.
 */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** What the first process and its workers say to each other. */
type Said =
  | { metrics: 'sum?'; id: number }
  | { metrics: 'sum'; id: number; text: string }
  | { metrics: 'own?'; id: number }
  | { metrics: 'own'; id: number; values: object[] };

/** One that does not answer is left out: it may be dying. */
const LONGEST_MS = 3_000;

/** In the first process. `workers`: those that serve now. */
export function addUpForWorkers(workers: () => Worker[]): void {
  let asked = 0;
  const waiting = new Map<string, (values: object[] | null) => void>();

  const ownOf = (worker: Worker, id: number) =>
    new Promise<object[] | null>(resolve => {
      const key = `${worker.id} ${id}`;
      const answer = (values: object[] | null) => {
        clearTimeout(timer);
        waiting.delete(key);
        resolve(values);
      };
      const timer = setTimeout(answer, LONGEST_MS, null);
      waiting.set(key, answer);
      worker.send({ metrics: 'own?', id } satisfies Said, error => error && answer(null));
    });

  const addUp = async () => {
    asked += 1;
    const id = asked;
    const all = await Promise.all(workers().map(worker => ownOf(worker, id)));
    return AggregatorRegistry.aggregate(all.filter(values => values !== null)).metrics();
  };

  cluster.on('message', (worker, said: Said) => {
    if (said.metrics === 'own') waiting.get(`${worker.id} ${said.id}`)?.(said.values);
    else if (said.metrics === 'sum?')
      void addUp().then(text =>
        worker.send({ metrics: 'sum', id: said.id, text } satisfies Said, () => undefined),
      );
  });
}

/** In a worker: its metrics, and those of all when somebody asks for the text. */
export function ofAllWorkers(own: Metrics): Metrics {
  let asked = 0;
  const waiting = new Map<number, (text: string) => void>();
  process.on('message', (said: Said) => {
    if (said.metrics === 'sum') waiting.get(said.id)?.(said.text);
    else if (said.metrics === 'own?')
      void own.values().then(values => process.send!({ metrics: 'own', id: said.id, values } satisfies Said));
  });
  return {
    ...own,
    async text() {
      asked += 1;
      const id = asked;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const timer = setTimeout(reject, 2 * LONGEST_MS, new Error('The first process does not add up'));
      waiting.set(id, resolve);
      process.send!({ metrics: 'sum?', id } satisfies Said);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
  };
}
