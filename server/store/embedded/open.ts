/** The embedded database as node-postgres sees it: a server at the other end of a stream. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';

export type Embedded = {
  /** One more connection. There is one session, so the one before ends. */
  connect(): Duplex;
  close(): Promise<void>;
};

/** Authentication is done, and the server is ready for a query. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const TERMINATE = 0x58;

type Answer = { connection: number; bytes: Uint8Array };

/** Rejects when the database can not be opened. `directory`: null for one in memory. */
export async function openEmbedded(directory: string | null): Promise<Embedded> {
  let connections = 0;
  let current: Connection | undefined;
  let worker: Promise<Worker> | undefined;

  const running = () => (worker ??= start());
  const start = async () => {
    try {
      const started = await startWorker(directory);
      started.on('message', ({ connection, bytes }: Answer) => {
        if (connection === connections) current?.push(bytes);
      });
      started.once('exit', () => {
        // The next connection starts another.
        worker = undefined;
        current?.destroy(new Error('The embedded database has ended'));
      });
      return started;
    } catch (error) {
      worker = undefined;
      throw error;
    }
  };
  await running();

  return {
    connect() {
      connections += 1;
      const connection = connections;
      current = new Connection(running(), (to, bytes) => to.postMessage({ connection, bytes }));
      return current;
    },
    async close() {
      const last = await worker;
      if (!last) return;
      // What is being waited for keeps the process alive.
      last.ref();
      last.postMessage('close');
      await once(last, 'exit');
    },
  };
}

async function startWorker(directory: string | null): Promise<Worker> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: { directory } });
  // Rejects with what the worker dies of.
  await once(worker, 'message');
  worker.unref();
  return worker;
}

class Connection extends Duplex {
  readonly #opening: Promise<Worker>;
  readonly #send: (to: Worker, bytes: Buffer) => void;
  #worker: Worker | undefined;
  #isStarted = false;

  constructor(opening: Promise<Worker>, send: (to: Worker, bytes: Buffer) => void) {
    super();
    this.#opening = opening;
    this.#send = send;
  }

  connect() {
    const open = async () => {
      this.#worker = await this.#opening;
      this.emit('connect');
    };
    open().catch((error: Error) => this.destroy(error));
  }

  override _read() {}

  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.#take(chunk);
    done();
  }

  /** What is written together is sent together: a query is five messages, and need not be five journeys. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void) {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  #take(bytes: Buffer) {
    // The first message asks for a session; PGlite has but one, and it is there.
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.push(WELCOME);
    } else if (bytes[0] === TERMINATE) this.push(null);
    else this.#send(this.#worker!, bytes);
  }

  setNoDelay() {}
  setKeepAlive() {}
  ref() {}
  unref() {}
}
