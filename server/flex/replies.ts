/** Flex's answers as values; anything but a success becomes an error of ours. */
import { refusal, unreadable, type CallKind } from './errors.ts';
import {
  answeredReference,
  answeredTransaction,
  isVerbose,
  type AnsweredTransaction,
} from './answered-transaction.ts';
import type { Reply } from './http.ts';
import { forFlex, readTransit } from './transit-reader.ts';
import { writeVerbose } from './transit-writer.ts';

/** Flex's answer to a command: what a check needs to know of it, and all of it as it came, to be passed on. */
export type FlexAnswer = {
  status: number;
  statusText: string;
  transaction: AnsweredTransaction;
  /** Transit, verbose or compact. */
  bytes: Buffer;
};

/** Flex answers verbose when it is asked to; compact is passed on as well, if it begins as it always does. */
export function readAnswer(reply: Reply, kind: CallKind): FlexAnswer {
  const { status, statusText, body } = succeeded(reply, kind);
  return guarded(kind, () => {
    const transaction = answeredTransaction(body);
    const isUsual = isVerbose(body) || body.subarray(0, COMPACT_BEGINNING.length).equals(COMPACT_BEGINNING);
    const bytes = isUsual ? body : Buffer.from(writeVerbose(readTransit(body.toString(), forFlex)));
    return { status, statusText, transaction, bytes };
  });
}

const COMPACT_BEGINNING = Buffer.from('["^ ","~:data",');
/** `~:data` is the first text of the wrapping that codes may stand for, as it is of Flex's own answer: all later codes fit. */
const COMPACT_WRAPPED = Buffer.from('["^ ","~:data",["^ ","^0",');

/** The answer in a map with its status, as the template's server wraps it: transit, in the form in which Flex wrote it. */
export function wrapped({ status, statusText, bytes }: FlexAnswer): Buffer {
  if (isVerbose(bytes)) {
    const envelope = writeVerbose({ status, statusText }).slice(0, -1);
    return Buffer.concat([Buffer.from(`${envelope},"~:data":`), bytes, Buffer.from('}')]);
  }
  const { '~:statusText': words } = JSON.parse(writeVerbose({ statusText })) as Record<string, string>;
  const rest = `,"~:status",${status},"~:statusText",${JSON.stringify(words)}]`;
  return Buffer.concat([COMPACT_WRAPPED, bytes.subarray(COMPACT_BEGINNING.length), Buffer.from(rest)]);
}

/** As Flex answers a command without `expand`: what it is, and no more. */
export const withoutAttributes = (answer: FlexAnswer): FlexAnswer => ({
  ...answer,
  bytes: Buffer.from(writeVerbose(answeredReference(answer.bytes))),
});

/** The same answer with this PaymentIntent where the web client looks for it; with null, with none. */
export function withPaymentIntent(
  answer: FlexAnswer,
  payment: { paymentIntentId: string; clientSecret: string } | null,
): FlexAnswer {
  const document = readTransit(answer.bytes.toString(), forFlex) as {
    data: { attributes: Record<string, unknown> & { protectedData?: Record<string, unknown> } };
  };
  const { attributes } = document.data;
  const { stripePaymentIntents: _others, ...protectedData } = attributes.protectedData ?? {};
  attributes.protectedData = {
    ...protectedData,
    ...(payment && {
      stripePaymentIntents: {
        default: {
          stripePaymentIntentId: payment.paymentIntentId,
          stripePaymentIntentClientSecret: payment.clientSecret,
        },
      },
    }),
  };
  return { ...answer, bytes: Buffer.from(writeVerbose(document)) };
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

const successText = (reply: Reply, kind: CallKind): string => succeeded(reply, kind).body.toString();

function succeeded(reply: Reply, kind: CallKind): Reply {
  if (reply.status >= 200 && reply.status < 300) return reply;
  throw refusalOf(reply, kind);
}

export function refusalOf(reply: Reply, kind: CallKind) {
  const { status, statusText, headers } = reply;
  if (status < 400) return unreadable(kind, 'a redirect');
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
