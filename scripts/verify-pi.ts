/** `npm run verify-pi`: is this a PaymentIntent? See scripts/README.md. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { Command } from 'commander';
import { ownValue } from '../server/domain/own-value.ts';
import {
  judgeClientSecret,
  judgePair,
  judgePaymentIntentId,
  type Judgement,
} from '../server/domain/payment-intent.ts';
import { redactor } from '../server/domain/redact.ts';

const EXIT_VALID = 0;
const EXIT_UNUSABLE = 1;
const EXIT_INVALID = 2;

const redact = redactor([]);

class UnusableInput extends Error {}

const judges: Record<string, (value: unknown) => Judgement> = {
  payment_intent_id: judgePaymentIntentId,
  client_secret: judgeClientSecret,
  pair: judgePair,
};

const command = new Command('verify-pi')
  .description(
    'Says of each id, client secret or pair whether it is well-formed, and why not. Works offline.',
  )
  .requiredOption('--strings <file>', 'JSON array of {kind, value}; - reads standard input')
  .addHelpText(
    'after',
    `
kind is payment_intent_id, client_secret or pair; the value of a pair is {"id", "clientSecret"}.
Secrets are read from a file or standard input only: npm logs what stands on the command line. None is printed.

Exit codes: 0 all are valid, 2 at least one is not, 1 the input can not be used.

Examples:
  npm run --silent verify-pi -- --strings incident.json
  echo '[{"kind":"payment_intent_id","value":"pi_3QhWaB7WZ01zgkWS0jxsAJo3"}]' | npm run --silent verify-pi -- --strings -`,
  )
  .configureOutput({ writeErr: text => process.stderr.write(redact(text)) })
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : EXIT_UNUSABLE))
  .allowExcessArguments(false)
  .parse();

try {
  const results = judgeAll(await readInput(command.opts<{ strings: string }>().strings));
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  process.exitCode = results.every(result => result.valid) ? EXIT_VALID : EXIT_INVALID;
} catch (error) {
  if (!(error instanceof UnusableInput)) throw error;
  process.stderr.write(`verify-pi: ${error.message}\n`);
  process.exitCode = EXIT_UNUSABLE;
}

async function readInput(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8'));
  } catch {
    // The name is not repeated: it may be a secret that was meant for standard input.
    throw new UnusableInput('the input can not be read');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableInput('the input is not JSON');
  }
}

function judgeAll(input: unknown) {
  if (!Array.isArray(input)) throw new UnusableInput('the input must be a JSON array');
  return (input as unknown[]).map((entry, index) => {
    const kind = ownValue(entry, 'kind');
    const judge = typeof kind === 'string' && Object.hasOwn(judges, kind) ? judges[kind] : undefined;
    if (!judge)
      throw new UnusableInput(`entry ${index}: kind must be one of ${Object.keys(judges).join(', ')}`);
    return { kind, ...judge(ownValue(entry, 'value')) };
  });
}
