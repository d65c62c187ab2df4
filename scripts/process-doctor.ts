/** `npm run process-doctor`: what a transaction process does to a payment, and what breaks in it. See scripts/README.md. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readEnvironment } from '../server/config.ts';
import { laneFindings } from '../server/domain/lane-findings.ts';
import type { ProcessFinding } from '../server/domain/process-finding.ts';
import { processFindings } from '../server/domain/process-findings.ts';
import { parseProcess, processNameOf, type Process } from '../server/domain/process.ts';
import { loadProcesses } from '../server/flex/process-files.ts';
import { command, EXIT, run, say, sayJson, UsageError } from './lib/command.ts';
import { paint, table } from './lib/tables.ts';

const program = command(
  'process-doctor',
  'Says which transition of a process creates the PaymentIntent, whether it is privileged, when it runs out, what captures, refunds and pays out, what breaks and why, and whether it has the fallback lane. Works offline.',
  [
    'npm run --silent process-doctor                                   # all in TRANSACTION_PROCESSES_DIR',
    'npm run --silent process-doctor -- my-process/process.edn --json',
    'npm run --silent process-doctor -- default-booking/release-1',
  ],
)
  .argument(
    '[processes...]',
    'process.edn files or their folders, or names or aliases of processes that have a file',
  )
  .option('--json', 'an array of processes with their findings')
  .option('--sandbox', 'taken, and makes no difference: files are read');

const ownDirectory = path.join(import.meta.dirname, '../ext/transaction-processes');

function main(): Promise<number> {
  const given = program.args;
  const processes = given.length === 0 ? allProcesses() : given.map(processAt);
  const results = processes.map(process => ({
    process: process.name,
    findings: [...processFindings(process), ...laneFindings(process)],
  }));
  if (program.opts<{ json?: true }>().json) sayJson(results);
  else for (const { process, findings } of results) say(`${paint('bold', process)}\n${shown(findings)}`);
  const isBroken = results.some(({ findings }) => findings.some(({ level }) => level === 'wrong'));
  return Promise.resolve(isBroken ? EXIT.wrong : EXIT.fine);
}

const directory = () => readEnvironment()['TRANSACTION_PROCESSES_DIR']?.trim() || ownDirectory;

function allProcesses(): Process[] {
  const { processes, unreadable } = loadProcesses(path.resolve(directory()));
  const [first] = unreadable;
  if (first) throw new UsageError(`${first.file}: ${first.problem}`);
  if (processes.size === 0) throw new UsageError(`there is no process.edn in ${directory()}`);
  return [...processes.values()];
}

function processAt(given: string): Process {
  const inside = path.join(given, 'process.edn');
  const named = isFile(given) ? given : isFile(inside) ? inside : null;
  const name = processNameOf(given);
  const file = named ?? path.join(directory(), name, 'process.edn');
  if (!existsSync(file)) throw new UsageError(`${given} is no file, and ${file} is not there`);
  try {
    return parseProcess(
      named === null ? name : path.basename(path.dirname(path.resolve(named))),
      readFileSync(file, 'utf8'),
    );
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const isFile = (name: string) => existsSync(name) && statSync(name).isFile();

function shown(findings: ProcessFinding[]): string {
  const mark = { ok: paint('green', '✓'), note: paint('yellow', '?'), wrong: paint('red', '✗') };
  return table(
    ['', 'Transition', 'What', 'Why'],
    findings.map(({ level, transition, what, why }) => [
      mark[level],
      (transition ?? '').replace(/^transition\//, ''),
      what,
      why,
    ]),
    [3, 33, 36],
  );
}

await run(program, main);
