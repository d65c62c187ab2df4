/** Flex's side: application, secret, Integration API, processes. */
import { ProxyError } from '../../server/domain/errors.ts';
import { LANE } from '../../server/domain/lane.ts';
import { laneOf } from '../../server/domain/lane-findings.ts';
import type { Process } from '../../server/domain/process.ts';
import { processFindings } from '../../server/domain/process-findings.ts';
import { createFlexProbe, type FlexProbe } from '../../server/flex/probe.ts';
import type { World } from '../lib/world.ts';
import { bad, good, unknown, type Line } from './line.ts';

const DEADLINE_MS = 10_000;
const deadline = () => AbortSignal.timeout(DEADLINE_MS);

const APPLICATIONS = 'Console > Build > Applications';

export type Login = { username: string; password: string } | null;

export async function flexLines(world: World, login: Login, aliases: string[]): Promise<Line[]> {
  if (world.config.onlyLooksOn)
    return [ONLY_LOOKS_ON, ...(await integrationLines(world, null)), ...processLines(world)];
  const probe = createFlexProbe(world.config.flex, world.secrets.flexClientSecret);
  try {
    const [clientId, secret, integration] = await Promise.all([
      clientIdLine(probe),
      secretLines(world, probe, login, aliases),
      integrationLines(world, probe),
    ]);
    return [clientId, ...secret, ...integration, ...processLines(world)];
  } finally {
    probe.close();
  }
}

const ONLY_LOOKS_ON = unknown('client id and secret', 'none are set: the service only looks on', {
  mend: 'Set both when the web client is to send its calls here: .env.example.',
  optional: true,
});

async function clientIdLine(probe: FlexProbe): Promise<Line> {
  const answer = await probe.knowsClientId(deadline());
  if (answer === 'yes') return good('client id', 'Flex knows it');
  return answer === 'no'
    ? bad('client id', 'Flex does not know it', {
        mend: `Copy it from ${APPLICATIONS}, of the same environment.`,
      })
    : unknown('client id', 'Flex did not answer', { mend: 'Try again; see status.sharetribe.com.' });
}

async function secretLines(world: World, probe: FlexProbe, login: Login, aliases: string[]): Promise<Line[]> {
  if (!login) {
    return [
      unknown('client secret', 'only a real token exchange shows it, and that needs a user', {
        mend: 'npm run doctor -- --login, with e-mail and password of a test user on two lines of standard input.',
        optional: true,
      }),
    ];
  }
  const userToken = await probe.login(login, deadline()).catch(notAnswered);
  if (userToken === undefined)
    return [unknown('client secret', 'Flex did not answer', { mend: 'Try again.' })];
  if (userToken === null)
    return [
      unknown('client secret', 'the user can not sign in', {
        mend: 'Check e-mail and password of the test user.',
      }),
    ];
  const answer = await probe.takesSecret(userToken, deadline());
  const secret =
    answer === 'yes'
      ? good(
          'client secret',
          'a session was exchanged for a trusted one: id and secret are of one application',
        )
      : answer === 'no'
        ? bad('client secret', 'Flex does not take it', {
            mend: `Copy id and secret of one application from ${APPLICATIONS}.`,
          })
        : unknown('client secret', 'Flex did not answer', { mend: 'Try again.' });
  return [secret, ...(await aliasLines(world, probe, userToken, aliases))];
}

const notAnswered = (error: unknown) => {
  if (error instanceof ProxyError) return undefined;
  throw error;
};

const creates = (actions: string[]) =>
  actions.some(action => action.startsWith('action/stripe-create-payment-intent'));

/** What Flex says that an alias does, beside what our file says. */
async function aliasLines(
  world: World,
  probe: FlexProbe,
  userToken: string,
  aliases: string[],
): Promise<Line[]> {
  const guessed = [...world.processes.keys()].map(name => `${name}/release-1`);
  const asked = aliases.length > 0 ? aliases : guessed;
  return Promise.all(
    asked.map(async alias => {
      const name = `alias ${alias}`;
      const file = world.processes.get(alias.split('/')[0]!);
      const inFlex = await probe.firstTransitions(userToken, alias, deadline()).catch(notAnswered);
      if (inFlex === undefined) return unknown(name, 'Flex did not answer', { optional: true });
      if (inFlex === null) {
        return aliases.length > 0
          ? bad(name, 'Flex does not know it', {
              mend: 'Create the alias, or correct it in listings and client.',
            })
          : unknown(name, 'Flex does not know it; your alias may have another name', {
              mend: 'Name yours with --alias.',
              optional: true,
            });
      }
      if (!file)
        return bad(name, 'there is no process file for it', {
          mend: 'Put its process.edn into TRANSACTION_PROCESSES_DIR.',
        });
      const differing = [...inFlex]
        .filter(
          ([transition, actions]) =>
            file.transitions.get(transition)?.createsPaymentIntent !== creates(actions),
        )
        .map(([transition]) => transition);
      if (differing.length === 0 && world.config.fallback.wanted && lacksLane(file, inFlex))
        return bad(name, 'its version in Flex has no fallback lane, and the file has', {
          mend: 'Push the process and move the alias: docs/fallback.md.',
        });
      return differing.length === 0
        ? good(name, 'Flex and the file agree which first transitions create a PaymentIntent')
        : bad(name, `Flex and the file differ in ${differing.join(', ')}`, {
            mend: 'Pull the process that the alias points to (flex-cli process pull) over the file, or move the alias.',
          });
    }),
  );
}

const lacksLane = (file: Process, inFlex: Map<string, string[]>) =>
  laneOf(file) !== null && !inFlex.has(LANE.request);

async function integrationLines({ integration, config }: World, probe: FlexProbe | null): Promise<Line[]> {
  const name = 'Integration API';
  if (!integration) {
    return [
      unknown(name, 'no credentials are set', {
        mend: 'SHARETRIBE_INTEGRATION_CLIENT_ID and _SECRET let verification look at transactions.',
        optional: true,
      }),
    ];
  }
  if (config.integration?.clientId === config.flex.clientId) {
    return [
      bad(name, 'its client id is that of the marketplace application', {
        mend: `Make an application of the type Integration API in ${APPLICATIONS}.`,
      }),
    ];
  }
  try {
    const [marketplace, clients] = await Promise.all([
      integration.marketplace(deadline()),
      probe?.marketplace(deadline()) ?? null,
    ]);
    return [
      clients === null || clients === marketplace
        ? good(name, `marketplace ${marketplace}`)
        : bad(name, `marketplace ${marketplace}, and the client id is of ${clients}`, {
            mend: 'Take both applications from one environment of Console: all test or all live.',
          }),
    ];
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    return error.code === 'flex-credentials-refused'
      ? [
          bad(name, 'Flex does not take id and secret', {
            mend: `Copy both from one application in ${APPLICATIONS}.`,
          }),
        ]
      : [unknown(name, 'Flex did not answer', { mend: 'Try again; see status.sharetribe.com.' })];
  }
}

function processLines({ processes, unreadable, config }: World): Line[] {
  const mend = 'npm run process-doctor says where and why.';
  return [
    ...unreadable.map(({ file, problem }) =>
      bad('process file', `${file}: ${problem}`, { mend: 'Correct the file.' }),
    ),
    ...(processes.size === 0
      ? [bad('process files', `none in ${config.processesDir}`, { mend: 'Set TRANSACTION_PROCESSES_DIR.' })]
      : []),
    ...[...processes.values()].map(process => {
      const findings = processFindings(process);
      const wrong = findings.filter(({ level }) => level === 'wrong');
      const creators = [...process.transitions.values()].filter(
        ({ createsPaymentIntent }) => createsPaymentIntent,
      );
      const name = `process ${process.name}`;
      if (wrong.length > 0) return bad(name, wrong.map(({ what }) => what).join(' '), { mend });
      return creators.length === 0
        ? good(name, 'takes no payment')
        : good(
            name,
            `created by ${creators.map(creator => creator.name.replace(/^transition\//, '')).join(', ')}; runs out, is captured and can be given back`,
          );
    }),
  ];
}
