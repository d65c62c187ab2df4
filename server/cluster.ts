/**
 * Several processes on one port. The first serves nothing: it starts the others, starts anew what dies, and stops them.
 * Should it die itself, so do the others.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { addUpForWorkers } from './cluster-metrics.ts';
import type { Log } from './log.ts';

export type Workers = {
  /** Lets each finish its requests, and resolves when all have ended. */
  stop(): Promise<void>;
};

/** What a worker is told. Signals it ignores: a terminal and some hosts send them to it as well, which would make two. */
const STOP = 'stop';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A worker that has lived so long did not die of how it was started. */
const STABLE_MS = 30_000;

/** Doubles with each early death: what fails at once must not keep a core busy. */
export const restartDelayMs = (earlyDeaths: number): number => Math.min(100 * 2 ** earlyDeaths, 10_000);

/** `cannotStart` is called, with the exit code, when a worker ends and none has ever listened. */
export function startWorkers(log: Log, count: number, cannotStart: (exitCode: number) => void): Workers {
  // Each worker takes connections from the port itself. Handed out by the first process, those on their way to a worker
  // that has just died would wait for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const running = new Set<Worker>();
  const listening = new WeakSet<Worker>();
  let hasListened = false;
  let stopping = false;

  const start = (earlyDeaths: number): void => {
    if (stopping) return;
    const started = performance.now();
    const worker = cluster.fork();
    running.add(worker);
    log.info({ worker: worker.id, pid: worker.process.pid }, 'worker started');
    forwardLines(worker);
    worker.once('listening', () => {
      hasListened = true;
      listening.add(worker);
    });
    // Not `exit`: what the worker wrote last may still be on its way.
    worker.process.once('close', (exitCode: number | null, signal: string | null) => {
      running.delete(worker);
      if (stopping) return;
      if (!hasListened) {
        void stop().then(() => cannotStart(exitCode ?? 1));
        return;
      }
      const deaths = performance.now() - started < STABLE_MS ? earlyDeaths + 1 : 0;
      const restartInMs = restartDelayMs(deaths);
      log.error({ worker: worker.id, exitCode, signal, restartInMs }, 'worker died');
      setTimeout(start, restartInMs, deaths);
    });
  };
  /** Waits for all: what one of them writes when we are gone is lost, and the attempt could keep it from ending. */
  const stop = async (): Promise<void> => {
    stopping = true;
    await Promise.all(
      [...running].map(worker => {
        const closed = once(worker.process, 'close');
        // One that has just died can not be told, and one that is still starting does not hear it.
        if (listening.has(worker)) worker.send(STOP, () => undefined);
        else worker.process.kill('SIGKILL');
        return closed;
      }),
    );
  };

  addUpForWorkers(() => [...running].filter(worker => listening.has(worker)));
  for (let index = 0; index < count; index++) start(0);
  return { stop };
}

/** Through one writer, so that a long line of one worker is never cut by a line of another. */
function forwardLines(worker: Worker): void {
  createInterface({ input: worker.process.stdout! }).on('line', line => {
    process.stdout.write(`${line}\n`);
  });
}

/**
 * In a worker, before anything else: ends when the first process is gone. Node would end it too, but not before the log is
 * written out, to a reader that is gone as well: the logger tries for ever.
 */
export function endWithPrimary(): void {
  process.prependListener('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

/** In a worker: calls `stop` when the first process says so, and not on a signal. */
export function obeyPrimary(stop: () => void): void {
  for (const signal of SIGNALS) process.on(signal, () => undefined);
  process.on('message', message => {
    if (message === STOP) stop();
  });
}

/** The signals that a worker leaves to the first process. */
export const signalsLeftToPrimary = () => (cluster.isWorker ? [...SIGNALS] : []);
