/** What all commands for people have in common: usage, exit codes, where they write. */
import { Command, CommanderError } from 'commander';
import { ConfigError, describeProblems } from '../../server/config.ts';
import { ProxyError } from '../../server/domain/errors.ts';
import { redactor } from '../../server/domain/redact.ts';

export const EXIT = { fine: 0, usage: 1, wrong: 2, inconclusive: 3 } as const;

const EXIT_CODES =
  'Exit codes: 0 fine, 1 wrong usage or an error, 2 found wrong, 3 inconclusive (of several: 2 before 3).';

/** What went wrong with the command itself; its message is for people. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const redact = redactor([]);

/** Results; nothing else is written there. */
export const say = (text = ''): void => void process.stdout.write(`${text}\n`);
/** Progress, and what is wrong with the command. */
export const whisper = (text: string): void => void process.stderr.write(redact(text));

export const sayJson = (value: unknown): void => say(JSON.stringify(value, null, 2));

export function command(name: string, description: string, examples: string[]): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', `\n${EXIT_CODES}\n\nExamples:\n${examples.map(line => `  ${line}`).join('\n')}`)
    .configureOutput({ writeErr: whisper })
    .exitOverride();
}

/** Flags that belong to another of its subcommands: who wrote them wanted something else than would be done. */
export function refuseStrangers(program: Command, what: string, takes: string[]): void {
  const strange = program.options
    .map(option => option.attributeName())
    .find(name => program.getOptionValueSource(name) === 'cli' && !takes.includes(name));
  if (strange !== undefined) throw new UsageError(`${what} takes no --${strange}`);
}

/** Runs it, and ends the process with what it resolves to. */
export async function run(program: Command, work: () => Promise<number>): Promise<void> {
  // A reader that has seen enough, such as head, closes the pipe.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.fine);
    throw error;
  });
  try {
    program.parse();
    process.exitCode = await work();
  } catch (error) {
    process.exitCode = exitFor(program.name(), error);
  }
}

function exitFor(name: string, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof ConfigError) whisper(describeProblems(error, `${name} can not run`));
  else if (error instanceof UsageError) whisper(`${name}: ${error.message}\n`);
  else if (error instanceof ProxyError) whisper(`${name}: ${error.statusText}\n`);
  else throw error;
  return EXIT.usage;
}

/** Of several: wrong before inconclusive. */
export const exitOf = (verdicts: ('fine' | 'wrong' | 'inconclusive')[]): number =>
  verdicts.includes('wrong') ? EXIT.wrong : verdicts.includes('inconclusive') ? EXIT.inconclusive : EXIT.fine;

/** `90s`, `30m`, `24h` or `7d`, in milliseconds. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError('--since takes a time such as 90s, 30m, 24h or 7d');
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
}

export const isUuid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
