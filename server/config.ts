/**
 * The environment, read once: names and aliases to one typed configuration, secrets apart from it.
 * Nothing else in the service reads `process.env`, and no message made here holds a value.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import {
  platformRefusals,
  unusableAnswers,
  usualAnswers,
  usualCurrencies,
  usualRefusals,
  type FallbackSettings,
} from './domain/fallback-settings.ts';

export type Config = {
  environment: string;
  port: number;
  /** Processes that serve; more than one share the port. */
  workers: number;
  logLevel: string;
  /** The marketplace's own origin; null when it is not known. */
  rootUrl: string | null;
  /** Whose pages may call from another address: the marketplace's own, and those listed. Exact. */
  origins: string[];
  /** The proxies in front of us whose X-Forwarded-For is believed: how many there are, or their addresses. */
  trustProxy: number | string[];
  /** Requests a minute; 0 is no limit. */
  rateLimits: { perAddress: number; perSession: number; onLoopback: boolean };
  /** Above it requests are turned away at once. */
  load: { maxInFlight: number; maxEventLoopDelayMs: number };
  /** How long one request may take in all, in milliseconds. */
  requestBudgetMs: number;
  /** How long a stopping service waits for requests in flight, in milliseconds. */
  shutdownMs: number;
  processesDir: string;
  /** By process name: instead of what its file says. */
  privilegedTransitions: Record<string, string[]>;
  /** No marketplace application is set: it looks on, and does nothing for the web client. */
  onlyLooksOn: boolean;
  flex: {
    clientId: string;
    baseUrl: string;
    assetCdnBaseUrl: string;
    transitVerbose: boolean;
    secureCookies: boolean;
    maxSockets: number;
  };
  integration: { clientId: string; baseUrl: string } | null;
  metricsPublic: boolean;
  /** Where the running service is, for the commands that ask it; null when nobody said. */
  proxyUrl: string | null;
  /** null for the real Stripe. */
  stripeBaseUrl: string | null;
  database: {
    /** `postgres`: at the address among the secrets. */
    kind: 'postgres' | 'embedded' | 'none';
    /** Of the embedded database. */
    directory: string;
    /** How long records are kept. */
    retentionDays: number;
  };
  fallback: FallbackSettings;
};

/** Values that reach the two doors and nothing else. */
export type Secrets = {
  flexClientSecret: string;
  integrationClientSecret: string | null;
  stripeSecretKey: string | null;
  /** More than one while a secret is being rotated. */
  stripeWebhookSecrets: string[];
  operatorTokens: string[];
  /** Where incidents are told to a chat: whoever has the address can write there. */
  incidentWebhookUrl: string | null;
  databaseUrl: string | null;
};

/** What the start-up log says of the configuration: names, never values. */
export type ConfigReport = { used: Record<string, string>; warnings: string[] };

export type LoadedConfig = { config: Config; secrets: Secrets; report: ConfigReport };

export type Environment = Record<string, string | undefined>;

export type Problem = { name: string; problem: string; purpose: string; where: string };

export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super(`${problems.length} setting${problems.length === 1 ? ' is' : 's are'} missing or malformed`);
    this.problems = problems;
  }
}

type Variable = {
  /** The name to prefer, then those also taken. The first that is set and not empty wins. */
  names: [string, ...string[]];
  purpose: string;
  where: string;
  required?: true;
};

const CONSOLE = 'Sharetribe Console > Build > Applications';
const TEMPLATE = "the web template's own .env";

const INTEGRATION_FAMILIES = [
  'SHARETRIBE_INTEGRATION',
  'FLEX_INTEGRATION',
  'SHARETRIBE_INTEGRATION_SDK',
  'INTEGRATION',
  'INTEGRATION_SDK',
  'SHARETRIBE_INTEG',
];
const integrationNames = (ending: string) =>
  INTEGRATION_FAMILIES.map(family => `${family}_${ending}`) as [string, ...string[]];

export const variables = {
  clientId: {
    names: ['REACT_APP_SHARETRIBE_SDK_CLIENT_ID', 'SHARETRIBE_SDK_CLIENT_ID'],
    purpose: 'The client id of the marketplace application, the one the web client uses.',
    where: `${CONSOLE}, or ${TEMPLATE}`,
    required: true,
  },
  clientSecret: {
    names: ['SHARETRIBE_SDK_CLIENT_SECRET'],
    purpose: 'The secret of the same application; it makes trusted tokens for privileged transitions.',
    where: `${CONSOLE}, or ${TEMPLATE}`,
    required: true,
  },
  flexBaseUrl: {
    names: ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'SHARETRIBE_SDK_BASE_URL', 'FLEX_API_BASE_URL'],
    purpose: 'Where the Marketplace API is, without /v1.',
    where: 'Leave it out for the real one',
  },
  assetCdnBaseUrl: {
    names: ['REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL'],
    purpose: 'Where the Asset Delivery API is, without /v1.',
    where: 'Leave it out for the real one',
  },
  transitVerbose: {
    names: ['REACT_APP_SHARETRIBE_SDK_TRANSIT_VERBOSE'],
    purpose: 'true: speak readable transit, as the web client with the same setting does.',
    where: TEMPLATE,
  },
  secureCookies: {
    names: ['REACT_APP_SHARETRIBE_USING_SSL'],
    purpose: 'true: mark the session cookie Secure. Set it wherever the site is served over https.',
    where: TEMPLATE,
  },
  rootUrl: {
    names: ['REACT_APP_MARKETPLACE_ROOT_URL'],
    purpose: "The marketplace's own address; its origin may call this service from a browser.",
    where: TEMPLATE,
  },
  corsOrigins: {
    names: ['CORS_ORIGINS'],
    purpose: 'Further origins whose pages may call this service, separated by commas.',
    where: 'Leave it out where the root URL is enough',
  },
  trustProxy: {
    names: ['TRUST_PROXY', 'SERVER_SHARETRIBE_TRUST_PROXY'],
    purpose: 'How many proxies are in front of this service, or their addresses, separated by commas.',
    where: 'Count them: nginx or the router of Heroku or Render is 1, a CDN before it makes 2',
  },
  rateLimitPerAddress: {
    names: ['RATE_LIMIT_PER_ADDRESS'],
    purpose: 'Requests a minute that one address may make; 0 is no limit.',
    where: 'Leave it out for 3000',
  },
  rateLimitPerSession: {
    names: ['RATE_LIMIT_PER_SESSION'],
    purpose: 'Requests a minute that one session may make; 0 is no limit.',
    where: 'Leave it out for 120',
  },
  maxInFlight: {
    names: ['MAX_REQUESTS_IN_FLIGHT'],
    purpose: 'Requests served at one time; further ones are turned away with 503.',
    where: 'Leave it out for 1000',
  },
  maxEventLoopDelayMs: {
    names: ['MAX_EVENT_LOOP_DELAY_MS'],
    purpose: 'How late the event loop may run, in milliseconds, before requests are turned away with 503.',
    where: 'Leave it out for 200',
  },
  operatorTokens: {
    names: ['OPERATOR_TOKENS'],
    purpose:
      'Who may see what operators see: tokens of 20 characters or more, separated by commas; several, so that one can be replaced.',
    where: 'Make them up: openssl rand -hex 32',
  },
  metricsPublic: {
    names: ['METRICS_PUBLIC'],
    purpose: 'true: /metrics is open to all, for a Prometheus that sends no token.',
    where: 'Leave it out unless the address is not public',
  },
  maxSockets: {
    names: ['MAX_SOCKETS'],
    purpose: 'Connections kept open to Flex at most.',
    where: 'Leave it out for 256',
  },
  integrationClientId: {
    names: integrationNames('CLIENT_ID'),
    purpose: 'The client id of an Integration API application.',
    where: CONSOLE,
  },
  integrationClientSecret: {
    names: integrationNames('CLIENT_SECRET'),
    purpose: 'The secret of the same Integration API application.',
    where: CONSOLE,
  },
  integrationBaseUrl: {
    names: ['SHARETRIBE_INTEGRATION_BASE_URL', 'FLEX_INTEGRATION_BASE_URL', 'FLEX_INTEGRATION_API_BASE_URL'],
    purpose: 'Where the Integration API is, without /v1.',
    where: 'Leave it out for the real one',
  },
  stripeSecretKey: {
    names: ['STRIPE_SECRET_KEY', 'STRIPE_API_KEY', 'STRIPE_LIVE_SECRET_KEY', 'STRIPE_TEST_SECRET_KEY'],
    purpose: "A secret or restricted key of the marketplace's Stripe account.",
    where: 'Stripe Dashboard > Developers > API keys',
  },
  stripeWebhookSecret: {
    names: ['STRIPE_WEBHOOK_SECRET'],
    purpose:
      'The signing secret of the Stripe webhook endpoint; several, separated by commas, during rotation.',
    where: 'Stripe Dashboard > Developers > Webhooks',
  },
  stripeBaseUrl: {
    names: ['STRIPE_BASE_URL'],
    purpose: 'Where Stripe is, for a Stripe that is not the real one.',
    where: 'Leave it out for the real one',
  },
  incidentWebhookUrl: {
    names: ['INCIDENT_WEBHOOK_URL'],
    purpose:
      'An incoming webhook of a chat (Slack and those that take the same JSON) that is told of incidents.',
    where: "The chat's settings",
  },
  databaseUrl: {
    names: ['DATABASE_URL'],
    purpose: 'A Postgres to keep records in; none for no records at all.',
    where: 'Your host; leave it out for an embedded database in DATA_DIR',
  },
  dataDir: {
    names: ['DATA_DIR'],
    purpose: 'The directory of the embedded database.',
    where: 'Leave it out for data',
  },
  retentionDays: {
    names: ['RETENTION_DAYS'],
    purpose: 'How many days records are kept.',
    where: 'Leave it out for 30',
  },
  processesDir: {
    names: ['TRANSACTION_PROCESSES_DIR'],
    purpose: 'The directory of the process files, a folder with a process.edn for each process.',
    where: 'Leave it out for ext/transaction-processes',
  },
  privilegedTransitions: {
    names: ['PRIVILEGED_TRANSITIONS'],
    purpose:
      'The privileged transitions that browsers may ask for, as process/transition, separated by commas; for each process named here, instead of what its file says.',
    where: 'Leave it out to take them from the process files',
  },
  fallback: {
    names: ['PI_FALLBACK'],
    purpose:
      'on: where Flex makes no PaymentIntent that can be used, the booking is carried on one of our own. Needs more than this: docs/fallback.md.',
    where: 'Leave it out for off',
  },
  fallbackApprovedBy: {
    names: ['PI_FALLBACK_APPROVED_BY'],
    purpose: 'Who has approved the fallback and answers for it.',
    where: 'A person, as your operators know them',
  },
  fallbackSupportCase: {
    names: ['PI_FALLBACK_SUPPORT_CASE'],
    purpose: "The number of the case at Sharetribe support about Flex's PaymentIntents.",
    where: 'The answer of Sharetribe support',
  },
  fallbackLive: {
    names: ['PI_FALLBACK_LIVE'],
    purpose: 'on: the fallback may make payments with a live Stripe key too.',
    where: 'Leave it out for off',
  },
  fallbackProcesses: {
    names: ['PI_FALLBACK_PROCESSES'],
    purpose: 'The processes whose bookings it may carry, by name, separated by commas.',
    where: 'Leave it out for all that have the fallback lane',
  },
  fallbackShare: {
    names: ['PI_FALLBACK_SHARE'],
    purpose: 'How many of a hundred bookings it may carry, the same ones at each look.',
    where: 'Leave it out for 100',
  },
  fallbackMaxAmount: {
    names: ['PI_FALLBACK_MAX_AMOUNT'],
    purpose: "The most that a booking it carries may cost, in the currency's minor units.",
    where: 'Leave it out for no limit',
  },
  fallbackCurrencies: {
    names: ['PI_FALLBACK_CURRENCIES'],
    purpose: 'The currencies in which it may carry bookings, separated by commas.',
    where: 'Leave it out for all whose minor units are the same in Flex and at Stripe',
  },
  fallbackRefusals: {
    names: ['PI_FALLBACK_REFUSALS'],
    purpose:
      'The refusals of Flex upon which it places the order itself, separated by commas; none for none.',
    where: `Leave it out for ${usualRefusals.join(',')}`,
  },
  fallbackAnswers: {
    names: ['PI_FALLBACK_ANSWERS'],
    purpose:
      'The verdicts upon which it takes an order over, separated by commas, invalid also with a reason (invalid:uuid); none for none.',
    where: `Leave it out for ${usualAnswers.join(',')}`,
  },
  requestBudgetMs: {
    names: ['REQUEST_BUDGET_MS'],
    purpose: 'How long one request may take in all, in milliseconds.',
    where: 'Leave it out for 15000',
  },
  shutdownMs: {
    names: ['SHUTDOWN_MS'],
    purpose: 'How long a stopping service waits for requests in flight, in milliseconds.',
    where: 'Leave it out for 10000',
  },
  proxyUrl: {
    names: ['PROXY_URL'],
    purpose: 'Where this service can be reached, for the commands that ask it.',
    where: 'Leave it out where it runs on the same machine',
  },
  port: { names: ['PORT'], purpose: 'The port to listen on.', where: 'Leave it out for 3500' },
  workers: {
    names: ['WEB_CONCURRENCY'],
    purpose: 'Processes that serve, one for each core. Each has its own memory: limits count per process.',
    where: 'Leave it out for 1; Heroku sets it',
  },
  logLevel: {
    names: ['LOG_LEVEL'],
    purpose: 'trace, debug, info, warn or error.',
    where: 'Leave it out for info',
  },
  environment: {
    names: ['NODE_ENV'],
    purpose: 'production, development or test; development logs for people and not for machines.',
    where: 'Set by the host',
  },
} satisfies Record<string, Variable>;

type VariableId = keyof typeof variables;

const text = z.string();
const token = z.string().regex(/^[\x21-\x7e]+$/, 'holds spaces or characters that no credential has');
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine(value => value >= least && value <= most, `must be from ${least} to ${most}`);
const flag = z.enum(['true', 'false'], 'must be true or false').transform(value => value === 'true');
const withoutSlashes = (value: string): string =>
  value.endsWith('/') ? withoutSlashes(value.slice(0, -1)) : value;
const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).pipe(text);
const isLoopback = (hostname: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
const apiUrl = address
  .refine(value => !/\/v1\/?$/.test(value), 'must not end in /v1: the SDK adds it')
  .refine(value => {
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || isLoopback(hostname);
  }, 'must begin with https: tokens and secrets go there')
  .refine(value => {
    const { username, password, search, hash } = new URL(value);
    return username + password + search + hash === '';
  }, 'must have no user name, password, query or fragment')
  .transform(withoutSlashes);
const webhookUrl = address.refine(value => {
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || isLoopback(hostname);
}, 'must begin with https: its address is a secret');
const origin = address
  .refine(value => !value.includes('*'), 'must be one exact origin: patterns are not taken')
  .transform(value => new URL(value).origin);
const items = (value: string) =>
  value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
const origins = text.transform(items).pipe(z.array(origin));

const TRUST_PROXY =
  'must be the number of proxies in front, or their addresses: with true anybody could call himself by any address';
const trustProxy = text
  .transform(value => (/^\d{1,2}$/.test(value) ? Number(value) : value === 'false' ? 0 : items(value)))
  .refine(value => (typeof value === 'number' ? value <= 10 : value.every(isAddressRange)), TRUST_PROXY);

/** An address, or a range of them. One so wide that strangers are in it would be the same as to trust everybody. */
function isAddressRange(range: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(range)) return true;
  const [ip, prefix, ...rest] = range.split('/') as [string, ...string[]];
  const family = isIP(ip);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const [least, most] = family === 4 ? [8, 32] : [7, 128];
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= least && Number(prefix) <= most;
}

const databaseUrl = z
  .string()
  .refine(
    value => value === 'none' || /^postgres(ql)?:\/\/[^\s]+$/.test(value),
    'must begin with postgres:// or be none',
  );
const stripeKey = token.regex(
  /^(sk|rk)_(test|live)_/,
  'must begin with sk_test_, sk_live_, rk_test_ or rk_live_',
);
const operatorTokens = token
  .transform(value => value.split(','))
  .refine(values => values.every(value => value.length >= 20), 'must be 20 characters or more each');
const webhookSecrets = token
  .transform(value => value.split(','))
  .refine(values => values.every(value => value.startsWith('whsec_')), 'must begin with whsec_');
/** `my-process/request-payment`; Flex's own `transition/` in between may be written or left out. */
const transitionNames = z
  .string()
  .transform(value => value.split(',').map(entry => entry.trim().split('/')))
  .refine(
    entries =>
      entries.every(
        names =>
          names.every(name => /^[\w.-]+$/.test(name)) &&
          (names.length === 2 || (names.length === 3 && names[1] === 'transition')),
      ),
    'must be a list like my-process/request-payment,my-process/request-payment-after-inquiry',
  )
  .transform(entries => {
    const grouped = Object.groupBy(entries, ([process]) => process!);
    return Object.fromEntries(
      Object.entries(grouped).map(([process, own]) => [
        process,
        own!.map(names => `transition/${names.at(-1)}`),
      ]),
    );
  });
const onOff = z.enum(['on', 'off'], 'must be on or off').transform(value => value === 'on');
/** One line that people read: it is shown to operators and written to the log. */
const oneLine = z
  .string()
  .regex(/^[^\p{C}]+$/u, 'must be one line')
  .max(200, 'must be 200 characters or less');
const processNames = text
  .transform(items)
  .refine(
    names => names.length > 0 && names.every(name => /^[\w.-]+$/.test(name)),
    'must be a list of process names like default-booking,default-purchase',
  );
const listOf = (known: string[], problem: string) =>
  text
    .transform(value => (value === 'none' ? [] : items(value)))
    .refine(list => list.every(item => known.includes(item)), `${problem} ${known.join(', ')}`);
const currencies = text
  .transform(value => items(value.toUpperCase()))
  .refine(
    list => list.length > 0 && list.every(item => usualCurrencies.includes(item)),
    `must be a list out of ${usualCurrencies.join(', ')}: in others Flex and Stripe count differently`,
  );
const logLevel = z.enum(
  ['trace', 'debug', 'info', 'warn', 'error'],
  'must be trace, debug, info, warn or error',
);

/** Throws `ConfigError` with everything that is missing or malformed. */
export function loadConfig(environment: Environment = readEnvironment()): LoadedConfig {
  const problems: Problem[] = [];
  const used: Record<string, string> = {};
  const looksOn = onlyLooksOn(environment);

  const read = <T>(id: VariableId, schema: z.ZodType<T>): T | undefined => {
    const variable: Variable = variables[id];
    const name = winningName(variable, environment);
    const complain = (problem: string) =>
      problems.push({
        name: name ?? variable.names[0],
        problem,
        purpose: variable.purpose,
        where: variable.where,
      });
    if (name === undefined) {
      if (variable.required && !looksOn) complain('missing');
      return undefined;
    }
    used[id] = name;
    const result = schema.safeParse(environment[name]!.trim());
    if (result.success) return result.data;
    complain(result.error.issues[0]!.message);
    return undefined;
  };

  const rootUrl = read('rootUrl', origin) ?? null;
  const corsOrigins = read('corsOrigins', origins) ?? [];
  const integrationClientId = read('integrationClientId', token);
  const integrationBaseUrl = read('integrationBaseUrl', apiUrl);
  const perAddress = read('rateLimitPerAddress', wholeNumber(0, 1_000_000));
  const perSession = read('rateLimitPerSession', wholeNumber(0, 1_000_000));
  const database = read('databaseUrl', databaseUrl);
  const workers = read('workers', wholeNumber(1, 256)) ?? 1;
  const config: Config = {
    environment: read('environment', text) ?? 'production',
    port: read('port', wholeNumber(0, 65535)) ?? 3500,
    workers,
    logLevel: read('logLevel', logLevel) ?? 'info',
    rootUrl,
    origins: [...new Set([...(rootUrl === null ? [] : [rootUrl]), ...corsOrigins])],
    trustProxy: read('trustProxy', trustProxy) ?? 0,
    rateLimits: {
      perAddress: perAddress ?? 3_000,
      perSession: perSession ?? 120,
      onLoopback: perAddress !== undefined || perSession !== undefined,
    },
    load: {
      maxInFlight: read('maxInFlight', wholeNumber(1, 100_000)) ?? 1_000,
      maxEventLoopDelayMs: read('maxEventLoopDelayMs', wholeNumber(10, 10_000)) ?? 200,
    },
    requestBudgetMs: read('requestBudgetMs', wholeNumber(100, 120_000)) ?? 15_000,
    shutdownMs: read('shutdownMs', wholeNumber(0, 120_000)) ?? 10_000,
    privilegedTransitions: read('privilegedTransitions', transitionNames) ?? {},
    metricsPublic: read('metricsPublic', flag) ?? false,
    proxyUrl: read('proxyUrl', apiUrl) ?? null,
    processesDir: path.resolve(read('processesDir', text) ?? defaultProcessesDir),
    onlyLooksOn: looksOn,
    flex: {
      clientId: read('clientId', token) ?? '',
      baseUrl: read('flexBaseUrl', apiUrl) ?? 'https://flex-api.sharetribe.com',
      assetCdnBaseUrl: read('assetCdnBaseUrl', apiUrl) ?? 'https://cdn.st-api.com',
      transitVerbose: read('transitVerbose', flag) ?? false,
      secureCookies: read('secureCookies', flag) ?? false,
      maxSockets: read('maxSockets', wholeNumber(1, 10_000)) ?? 256,
    },
    integration:
      integrationClientId === undefined
        ? null
        : {
            clientId: integrationClientId,
            baseUrl: integrationBaseUrl ?? 'https://flex-integ-api.sharetribe.com',
          },
    stripeBaseUrl: read('stripeBaseUrl', apiUrl) ?? null,
    database: {
      kind: kindOf(database, workers),
      directory: path.resolve(read('dataDir', text) ?? 'data'),
      retentionDays: read('retentionDays', wholeNumber(1, 3_650)) ?? 30,
    },
    fallback: {
      wanted: read('fallback', onOff) ?? false,
      live: read('fallbackLive', onOff) ?? false,
      approvedBy: read('fallbackApprovedBy', oneLine) ?? null,
      supportCase: read('fallbackSupportCase', oneLine) ?? null,
      processes: read('fallbackProcesses', processNames) ?? null,
      share: read('fallbackShare', wholeNumber(0, 100)) ?? 100,
      maxAmount: read('fallbackMaxAmount', wholeNumber(1, 999_999_999_999)) ?? null,
      currencies: read('fallbackCurrencies', currencies) ?? usualCurrencies,
      refusals:
        read(
          'fallbackRefusals',
          listOf(platformRefusals, 'must be none, or a list of refusals of the platform itself, out of'),
        ) ?? usualRefusals,
      answers:
        read('fallbackAnswers', listOf(unusableAnswers, 'must be none, or a list out of')) ?? usualAnswers,
    },
  };
  const secrets: Secrets = {
    flexClientSecret: read('clientSecret', token) ?? '',
    integrationClientSecret: read('integrationClientSecret', token) ?? null,
    stripeSecretKey: read('stripeSecretKey', stripeKey) ?? null,
    stripeWebhookSecrets: read('stripeWebhookSecret', webhookSecrets) ?? [],
    operatorTokens: read('operatorTokens', operatorTokens) ?? [],
    incidentWebhookUrl: read('incidentWebhookUrl', webhookUrl) ?? null,
    databaseUrl: config.database.kind === 'postgres' ? database! : null,
  };
  problems.push(...sharedDatabase(config, used));
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config,
    secrets,
    report: {
      used,
      warnings: [...warningsOf(environment, used), ...noOrigin(config), ...nothingRecorded(config, used)],
    },
  };
}

const defaultProcessesDir = path.join(import.meta.dirname, '../ext/transaction-processes');

const winningName = (variable: Variable, environment: Environment) =>
  variable.names.find(name => isSet(environment[name]));

const isSet = (value: string | undefined) => value !== undefined && value.trim() !== '';

/** With an Integration API application alone there is enough to look at; half of a marketplace application is a mistake. */
const onlyLooksOn = (environment: Environment): boolean => {
  const has = (id: VariableId) => winningName(variables[id], environment) !== undefined;
  return (
    !has('clientId') &&
    !has('clientSecret') &&
    environment['PI_FALLBACK']?.trim() !== 'on' &&
    has('integrationClientId') &&
    has('integrationClientSecret')
  );
};

function warningsOf(environment: Environment, used: Record<string, string>): string[] {
  return [
    ...mixedFamilies(used, 'clientId', 'clientSecret'),
    ...mixedFamilies(used, 'integrationClientId', 'integrationClientSecret'),
    ...contradictions(environment, used),
    ...publishedSecrets(environment),
  ];
}

/** The embedded one is for one process. */
function kindOf(url: string | undefined, workers: number): Config['database']['kind'] {
  if (url === 'none') return 'none';
  if (url !== undefined) return 'postgres';
  return workers === 1 ? 'embedded' : 'none';
}

/** Two processes on one embedded database would lose most of what they write. */
const sharedDatabase = ({ database, workers }: Config, used: Record<string, string>): Problem[] =>
  database.kind === 'none' &&
  used['databaseUrl'] === undefined &&
  used['dataDir'] !== undefined &&
  workers > 1
    ? [
        {
          name: used['workers']!,
          problem: `must be 1 with ${used['dataDir']}: the embedded database is for one process`,
          purpose: variables.databaseUrl.purpose,
          where: 'Set DATABASE_URL, or leave one of the two out',
        },
      ]
    : [];

const nothingRecorded = ({ database, workers }: Config, used: Record<string, string>) =>
  database.kind === 'none' && used['databaseUrl'] === undefined && workers > 1
    ? [
        'Nothing is recorded: the embedded database is for one process, and WEB_CONCURRENCY asks for more. Set DATABASE_URL.',
      ]
    : [];

/** In production the web client calls its own address; in development it is on another port, which is another origin. */
const noOrigin = ({ environment, origins: known }: Config) =>
  environment === 'development' && known.length === 0
    ? [
        'No page on another port may call this service. Set REACT_APP_MARKETPLACE_ROOT_URL=http://localhost:3000 as in the web template, or list the origins in CORS_ORIGINS.',
      ]
    : [];

/** `SHARETRIBE_INTEGRATION_CLIENT_ID` with `FLEX_INTEGRATION_CLIENT_SECRET` is most often a rename left half done. */
function mixedFamilies(used: Record<string, string>, id: VariableId, secret: VariableId): string[] {
  const [idName, secretName] = [used[id], used[secret]];
  if (idName === undefined && secretName === undefined) return [];
  if (idName === undefined || secretName === undefined) {
    return [
      `${idName ?? secretName} is set, but its ${idName === undefined ? 'client id' : 'secret'} is not.`,
    ];
  }
  return familyOf(idName) === familyOf(secretName)
    ? []
    : [
        `${idName} and ${secretName} are names of different families: check that they belong to one application.`,
      ];
}

const familyOf = (name: string) => name.replace(/^REACT_APP_/, '').replace(/_CLIENT_(ID|SECRET)$/, '');

function contradictions(environment: Environment, used: Record<string, string>): string[] {
  return Object.entries(used).flatMap(([id, winner]) =>
    variables[id as VariableId].names
      .filter(
        name => name !== winner && isSet(environment[name]) && environment[name] !== environment[winner],
      )
      .map(name => `${name} is set too and says something else; ${winner} is used.`),
  );
}

/** What begins with REACT_APP_ is built into the web client and sent to every visitor. */
function publishedSecrets(environment: Environment): string[] {
  return Object.entries(environment)
    .filter(([name, value]) => name.startsWith('REACT_APP_') && isSet(value))
    .filter(
      ([name, value]) =>
        /SECRET|PRIVATE|PASSWORD|(^|_)INTEG/.test(name) || /^(sk|rk)_(test|live)_|^whsec_/.test(value!),
    )
    .map(
      ([name]) =>
        `${name} looks like a secret, and everything under REACT_APP_ is published with the web client. Rename it and roll the secret.`,
    );
}

/**
 * The process's environment and the `.env` files, in the web template's order. What is set already is never overridden.
 * `.env.local` is left out in tests, so that they do not depend on the machine.
 */
export function readEnvironment(
  directory = process.cwd(),
  environment: Environment = process.env,
): Environment {
  const name = environment['NODE_ENV'];
  const files = [
    ...(name ? [`.env.${name}.local`] : []),
    ...(name === 'test' ? [] : ['.env.local']),
    ...(name ? [`.env.${name}`] : []),
    '.env',
  ];
  return files
    .map(file => path.join(directory, file))
    .filter(existsSync)
    .reduce<Environment>(
      (known, file) => ({ ...parseEnv(readFileSync(file, 'utf8')), ...known }),
      environment,
    );
}

/** The text that a service prints when it can not start. */
export function describeProblems(
  { problems }: ConfigError,
  what = 'flex-payment-proxy can not start',
): string {
  const entries = problems.map(
    ({ name, problem, purpose, where }) => `  ${name}: ${problem}\n      ${purpose}\n      Where: ${where}`,
  );
  return `${what}: ${problems.length} setting${problems.length === 1 ? ' is' : 's are'} missing or malformed.\n\n${entries.join('\n\n')}\n\nAll settings: .env.example\n`;
}
