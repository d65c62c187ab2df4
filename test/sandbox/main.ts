/** `npm run sandbox`: serves until it is stopped. */
import { startSandbox } from './sandbox.ts';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { processes: { type: 'string', multiple: true } } });
const sandbox = await startSandbox({
  port: Number(process.env['SANDBOX_PORT'] ?? 3600),
  ...(values.processes && { processes: values.processes }),
});
process.stdout.write(
  `Flex    ${sandbox.url}   (GET /sandbox/info says the rest)\nStripe  ${sandbox.stripeUrl}\n`,
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
