/** Starts one of our commands as a person would, and reads what it says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

/** Hundreds of processes in a test run compile the same files: the first does it for all. */
const compileCache = path.join(root, 'node_modules/.cache/node');

export type Running = AsyncDisposable & {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** The exit code; null when a signal ended it. */
  exit: Promise<number | null>;
  /** Resolves when standard output holds it. */
  says(text: string | RegExp): Promise<void>;
};

/** `environment` is all it gets, besides what Node itself needs. */
export const run = (args: string[], environment?: Record<string, string>, input?: string): Running =>
  runCommand(process.execPath, args, environment, input);

/** The same for a program that is not Node. */
export function runCommand(
  command: string,
  args: string[],
  environment: Record<string, string> = {},
  input?: string,
): Running {
  const child = spawn(command, args, {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_COMPILE_CACHE: compileCache,
      ...environment,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(input);
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
    async says(text) {
      const found = () => (typeof text === 'string' ? stdout.includes(text) : text.test(stdout));
      while (!found()) {
        await Promise.race([once(child.stdout, 'data'), exit]);
        if (!found() && child.exitCode !== null)
          throw new Error(`It ended with ${child.exitCode}: ${stdout}${stderr}`);
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exit;
    },
  };
}

/** A port that was free a moment ago, with the next one free too. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort(0);
    const next = await freePort(port + 1).catch(() => undefined);
    if (next !== undefined) return port;
  }
}

async function freePort(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return bound;
}
