/** Flex's answers as values; anything but a success becomes an error of ours. */
import { ownValue } from '../domain/own-value.ts';
import { refusal, unreadable, type CallKind } from './errors.ts';
import type { Reply } from './http.ts';
import { decodeTransit, forFlex, readTransit } from './transit-reader.ts';
import { writeVerbose } from './transit-writer.ts';

/**
 * Flex's answer to a command. `document` is its body as verbose transit, parsed as JSON and not decoded; `bytes` the same
 * as it came, to be passed on.
 */
export type FlexAnswer = {
  status: number;
  statusText: string;
  document: Record<string, unknown>;
  bytes: Buffer;
};

/** Flex answers verbose when it is asked to; compact, it is written anew. */
export function readAnswer(reply: Reply, kind: CallKind): FlexAnswer {
  const { status, statusText, body } = reply;
  const text = successText(reply, kind);
  const isVerbose = text.startsWith('{');
  const verbose = isVerbose ? text : guarded(kind, () => writeVerbose(readTransit(text, forFlex)));
  const document = guarded(kind, () => JSON.parse(verbose) as Record<string, unknown>);
  return { status, statusText, document, bytes: isVerbose ? body : Buffer.from(verbose) };
}

/** As Flex answers a command without `expand`: what it is, and no more. */
export function withoutAttributes(answer: FlexAnswer): FlexAnswer {
  const data = rawValue(answer.document, 'data');
  const document = { '~:data': { '~:id': rawValue(data, 'id'), '~:type': rawValue(data, 'type') } };
  return { ...answer, document, bytes: Buffer.from(JSON.stringify(document)) };
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

/** One value out of a document that is not decoded: keys are keywords there. */
export const rawValue = (raw: unknown, key: string): unknown => ownValue(raw, `~:${key}`);

export const decoded = (raw: unknown): unknown => (raw === undefined ? undefined : decodeTransit(raw));
