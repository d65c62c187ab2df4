/** `npm run sandbox`: serves until it is stopped. */
import { Command } from 'commander';
import { startSandbox } from './sandbox.ts';

const { processes } = new Command('sandbox')
  .description(
    'Serves Flex on SANDBOX_PORT (3600) and Stripe on the next port, until Ctrl-C. What it can do: test/sandbox/README.md.',
  )
  .option('--processes <folder...>', 'further processes: <folder>/<name>/process.edn, alias <name>/release-1')
  .allowExcessArguments(false)
  .parse()
  .opts<{ processes?: string[] }>();
const sandbox = await startSandbox({
  port: Number(process.env['SANDBOX_PORT'] ?? 3600),
  ...(processes && { processes }),
});
process.stdout.write(
  `Flex    ${sandbox.url}   (GET /sandbox/info says the rest)\nStripe  ${sandbox.stripeUrl}\n`,
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
