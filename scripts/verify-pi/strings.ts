/** Judges ids, client secrets and pairs by their form. Offline. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { ownValue } from '../../server/domain/own-value.ts';
import {
  judgeClientSecret,
  judgePair,
  judgePaymentIntentId,
  type Judgement,
} from '../../server/domain/payment-intent.ts';
import { EXIT, sayJson, UsageError } from '../lib/command.ts';

const judges: Record<string, (value: unknown) => Judgement> = {
  payment_intent_id: judgePaymentIntentId,
  client_secret: judgeClientSecret,
  pair: judgePair,
};

export async function verifyStrings(file: string): Promise<number> {
  const results = judgeAll(await readInput(file));
  sayJson(results);
  return results.every(result => result.valid) ? EXIT.fine : EXIT.wrong;
}

async function readInput(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8'));
  } catch {
    // The name is not repeated: it may be a secret that was meant for standard input.
    throw new UsageError('the input can not be read');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('the input is not JSON');
  }
}

function judgeAll(input: unknown) {
  if (!Array.isArray(input)) throw new UsageError('the input must be a JSON array');
  return (input as unknown[]).map((entry, index) => {
    const kind = ownValue(entry, 'kind');
    const judge = typeof kind === 'string' && Object.hasOwn(judges, kind) ? judges[kind] : undefined;
    if (!judge) throw new UsageError(`entry ${index}: kind must be one of ${Object.keys(judges).join(', ')}`);
    return { kind, ...judge(ownValue(entry, 'value')) };
  });
}
