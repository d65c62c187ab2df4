/**
 * Logging. What is logged is chosen field by field at each call; redaction stands behind that as a second net, over the
 * finished line, so that it catches a secret wherever it got in.
 */
import { pino, type DestinationStream, type LogFn, type Logger } from 'pino';
import { redactor } from './domain/redact.ts';
import { together } from './together.ts';
import { adviceFor, isIncident, type Check, type CheckSubject } from './domain/verdict.ts';

export type Log = Logger;

export type LogOptions = {
  level: string;
  /** Values that must never come out, whatever they look like. */
  secrets: string[];
  /** Standard output when left out. */
  destination?: DestinationStream;
};

export function createLog({ level, secrets, destination }: LogOptions): Log {
  const redact = redactor(secrets);
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  if (destination)
    return pino({ ...options, timestamp: isoTime(Date.now), hooks: { streamWrite: redact } }, destination);
  const output = standardOutput(redact);
  return pino({ ...options, timestamp: isoTime(output.now), hooks: { logMethod: output.putDown } }, output);
}

/** As pino's own `isoTime`; of the lines of one millisecond, the first works it out. */
function isoTime(now: () => number): () => string {
  let at = 0;
  let written = '';
  return () => {
    const time = now();
    if (time !== at) {
      at = time;
      written = `,"time":"${new Date(at).toISOString()}"`;
    }
    return written;
  };
}

/** What is logged is made into lines together, each with its own time. What is left goes out at exit, and at once when fatal. */
function standardOutput(redact: (lines: string) => string) {
  const output = pino.destination({
    sync: false,
    minLength: 32_768,
    maxWrite: 65_536,
    periodicFlush: 100,
    // As text, all that waits would be measured anew at each line.
    contentMode: 'buffer',
  });
  let at = 0;
  let lines = '';
  const events = together<PutDown>(all => {
    for (const event of all) {
      at = event.at;
      writeLine(event);
    }
    output.write(Buffer.from(redact(lines)) as unknown as string);
    lines = '';
  });
  const flushSync = () => {
    events.now();
    output.flushSync();
  };
  process.on('exit', flushSync);
  return {
    putDown(this: Log, args: Parameters<LogFn>, write: LogFn) {
      events.put({ at: Date.now(), log: this, args, write });
    },
    /** When what is being written was put down. */
    now: () => at,
    write: (line: string) => void (lines += line),
    flushSync,
  };
}

type PutDown = { at: number; log: Log; args: Parameters<LogFn>; write: LogFn };

/** Whoever logged it has gone on: what is wrong with a line must end nothing else. */
function writeLine({ log, args, write }: PutDown): void {
  try {
    write.apply(log, args);
  } catch {
    write.call(log, 'a line that can not be written');
  }
}

/** For people, where the machine has the printer installed: in development and in the demo. */
export async function prettyDestination(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ colorize: process.stdout.isTTY, ignore: 'requestId', singleLine: true, sync: true });
  } catch {
    // A production install has no pino-pretty, and JSON lines are as good.
    return undefined;
  }
}

/** An error as far as it may be known: an SDK's error object holds the request, and with it the user's token. */
function describeError(error: unknown): Record<string, unknown> {
  if (!Error.isError(error)) return { type: typeof error };
  const { code, status, outcome } = error as { code?: unknown; status?: unknown; outcome?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof status === 'number' && { status }),
    ...(typeof outcome === 'string' && { outcome }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}

/** One line for each response that was looked at; a warning only where a customer can not pay. */
export function logCheck(log: Log, check: Check, subject: CheckSubject): void {
  const line = { ...subject, ...check };
  const advice = adviceFor(check);
  if (isIncident(check.verdict)) log.warn({ ...line, ...advice }, PAYMENT_INTENT_CHECK);
  else if (check.verdict === 'unknown-process') log.info({ ...line, ...advice }, PAYMENT_INTENT_CHECK);
  else log.info(line, PAYMENT_INTENT_CHECK);
}

/** Operators grep for this. */
export const PAYMENT_INTENT_CHECK = '[SERVER_PROXY] PI data from Flex';

/** One line for each command whose answer was lost: an operator wants to know how often that happens, and how it ends. */
export function logLookup(log: Log, lookup: Record<string, unknown> & { found: boolean }): void {
  if (lookup.found) log.info(lookup, 'lost answer: the result was found');
  else log.warn(lookup, 'lost answer: the outcome is unknown');
}

/** One line for each look at Stripe behind a request. */
export function logVerification(log: Log, { diagnosis, ...verification }: LoggedVerification): void {
  const { subject, ...rest } = verification;
  const line = { ...subject, ...rest, cause: diagnosis.cause };
  const isBad = ['foreign', 'mismatch'].includes(verification.genuineness);
  if (isBad) log.warn({ ...line, evidence: diagnosis.evidence, next: diagnosis.next }, VERIFICATION);
  else log.info(line, VERIFICATION);
}

type LoggedVerification = {
  subject: CheckSubject;
  genuineness: string;
  diagnosis: { cause: string; evidence: string[]; next: string };
};

export const VERIFICATION = '[SERVER_PROXY] PI compared with Stripe';

/** One when it opens and one when it closes. */
export function logIncident(log: Log, event: 'opened' | 'closed', line: object): void {
  if (event === 'opened') log.error(line, `${INCIDENT} opened`);
  else log.info(line, `${INCIDENT} closed`);
}

export const INCIDENT = '[SERVER_PROXY] payment incident';
