/** Flex's answers as values; anything but a success becomes an error of ours. */
import { refusal, unreadable, type CallKind } from './errors.ts';
import type { Reply } from './http.ts';
import { decodeTransit, forFlex, pickTransit, readTransit } from './transit-reader.ts';
import { writeVerbose } from './transit-writer.ts';

/** Flex's answer to a command: its body parsed as JSON and not decoded, and the same as it came, to be passed on. */
export type FlexAnswer = {
  status: number;
  statusText: string;
  json: unknown;
  bytes: Buffer;
};

/** Flex answers verbose when it is asked to; compact is passed on as well, if it begins as it always does. */
export function readAnswer(reply: Reply, kind: CallKind): FlexAnswer {
  const { status, statusText, body } = reply;
  const text = successText(reply, kind);
  const json = guarded(kind, () => JSON.parse(text) as unknown);
  if (text.startsWith('{') || text.startsWith(COMPACT_BEGINNING)) {
    return { status, statusText, json, bytes: body };
  }
  const verbose = guarded(kind, () => writeVerbose(decodeTransit(json)));
  return { status, statusText, json, bytes: Buffer.from(verbose) };
}

const COMPACT_BEGINNING = '["^ ","~:data",';
/** `~:data` is the first text of the wrapping that codes may stand for, as it is of Flex's own answer: all later codes fit. */
const COMPACT_WRAPPED = Buffer.from('["^ ","~:data",["^ ","^0",');

/** The answer in a map with its status, as the template's server wraps it: transit, in the form in which Flex wrote it. */
export function wrapped({ status, statusText, bytes }: FlexAnswer): Buffer {
  if (bytes[0] === CURLY) {
    const envelope = writeVerbose({ status, statusText }).slice(0, -1);
    return Buffer.concat([Buffer.from(`${envelope},"~:data":`), bytes, Buffer.from('}')]);
  }
  const { '~:statusText': words } = JSON.parse(writeVerbose({ statusText })) as Record<string, string>;
  const rest = `,"~:status",${status},"~:statusText",${JSON.stringify(words)}]`;
  return Buffer.concat([COMPACT_WRAPPED, bytes.subarray(COMPACT_BEGINNING.length), Buffer.from(rest)]);
}

const CURLY = '{'.charCodeAt(0);

/** As Flex answers a command without `expand`: what it is, and no more. */
export function withoutAttributes(answer: FlexAnswer): FlexAnswer {
  const text = writeVerbose(pickTransit(answer.json, { data: { id: true, type: true } }));
  return { ...answer, json: JSON.parse(text), bytes: Buffer.from(text) };
}

/** The body of a success, decoded. */
export function readBody(reply: Reply, kind: CallKind): unknown {
  const text = successText(reply, kind);
  return guarded(kind, () => readTransit(text, forFlex));
}

/** The body of a success that is plain JSON: of the Authentication API, or an asset. */
export function readJson(reply: Reply, kind: CallKind): unknown {
  const text = successText(reply, kind);
  return guarded(kind, () => JSON.parse(text) as unknown);
}

function successText(reply: Reply, kind: CallKind): string {
  if (reply.status >= 200 && reply.status < 300) return reply.body.toString();
  throw refusalOf(reply, kind);
}

export function refusalOf(reply: Reply, kind: CallKind) {
  const { status, statusText, headers } = reply;
  const seconds = secondsOf(headers['retry-after']);
  return refusal(kind, {
    status,
    statusText,
    data: dataOf(reply),
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  });
}

/** What came with a refusal, if it is Flex's own words. */
function dataOf({ headers, body }: Reply): unknown {
  const type = String(headers['content-type'] ?? '');
  try {
    if (type.startsWith('application/transit+json')) return readTransit(body.toString(), forFlex);
    if (type.startsWith('application/json')) return JSON.parse(body.toString());
  } catch {
    // As good as none.
  }
  return undefined;
}

/** `Retry-After` in seconds; a date in it is answered with a second. */
function secondsOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : 1;
}

function guarded<T>(kind: CallKind, read: () => T): T {
  try {
    return read();
  } catch {
    throw unreadable(kind);
  }
}
