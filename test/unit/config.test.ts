import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ConfigError,
  describeProblems,
  loadConfig,
  readEnvironment,
  variables,
} from '../../server/config.ts';

const least = {
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id',
  SHARETRIBE_SDK_CLIENT_SECRET: 'marketplace-secret',
};

const problemsOf = (environment: Record<string, string>) => {
  try {
    loadConfig(environment);
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('It was taken');
};

describe('loadConfig', () => {
  it.each([
    [
      'an embedded one',
      {},
      { kind: 'embedded', directory: path.resolve('data'), retentionDays: 30 },
      null,
      [],
    ],
    [
      'an embedded one elsewhere',
      { DATA_DIR: '/srv/records', RETENTION_DAYS: '7' },
      { kind: 'embedded', directory: '/srv/records', retentionDays: 7 },
      null,
      [],
    ],
    [
      'the one that is named',
      { DATABASE_URL: 'postgres://u:p@h/d', WEB_CONCURRENCY: '2' },
      { kind: 'postgres' },
      'postgres://u:p@h/d',
      [],
    ],
    ['none where none is wanted', { DATABASE_URL: 'none', WEB_CONCURRENCY: '2' }, { kind: 'none' }, null, []],
    [
      'none where the embedded one can not serve',
      { WEB_CONCURRENCY: '2' },
      { kind: 'none' },
      null,
      [expect.stringMatching(/^Nothing is recorded.*DATABASE_URL/)],
    ],
  ])('takes as its database %s', (_what, environment, database, url, warnings) => {
    const { config, secrets, report } = loadConfig({ ...least, ...environment });

    expect(config.database).toMatchObject(database);
    expect(secrets.databaseUrl).toBe(url);
    expect(report.warnings).toEqual(warnings);
  });

  it('does not take a database of another kind, and does not repeat its password', () => {
    const { problems } = problemsOf({ ...least, DATABASE_URL: 'mysql://u:canary@h/d' });

    expect(problems).toMatchObject([
      { name: 'DATABASE_URL', problem: 'must begin with postgres:// or be none' },
    ]);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it('needs two settings and knows the rest', () => {
    const { config, secrets, report } = loadConfig(least);

    expect(config).toMatchObject({
      port: 3500,
      requestBudgetMs: 15_000,
      rootUrl: null,
      flex: { baseUrl: 'https://flex-api.sharetribe.com' },
    });
    expect(secrets.flexClientSecret).toBe('marketplace-secret');
    expect(report).toEqual({
      used: { clientId: 'REACT_APP_SHARETRIBE_SDK_CLIENT_ID', clientSecret: 'SHARETRIBE_SDK_CLIENT_SECRET' },
      warnings: [],
    });
  });

  const integration = {
    SHARETRIBE_INTEGRATION_CLIENT_ID: 'integration',
    SHARETRIBE_INTEGRATION_CLIENT_SECRET: 'integration-secret',
  };

  it('only looks on with an Integration API application and no marketplace application', () => {
    expect(loadConfig(integration).config.onlyLooksOn).toBe(true);
    expect(loadConfig({ ...integration, PI_FALLBACK: 'off' }).config.onlyLooksOn).toBe(true);
    expect(loadConfig({ ...least, ...integration }).config.onlyLooksOn).toBe(false);
  });

  it.each([
    [
      'half of one',
      { ...integration, REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id' },
      ['SHARETRIBE_SDK_CLIENT_SECRET'],
    ],
    [
      'the fallback wanted',
      { ...integration, PI_FALLBACK: 'on' },
      ['REACT_APP_SHARETRIBE_SDK_CLIENT_ID', 'SHARETRIBE_SDK_CLIENT_SECRET'],
    ],
    [
      'half of the other',
      { SHARETRIBE_INTEGRATION_CLIENT_ID: 'integration' },
      ['REACT_APP_SHARETRIBE_SDK_CLIENT_ID', 'SHARETRIBE_SDK_CLIENT_SECRET'],
    ],
  ])('wants the marketplace application with %s', (_what, environment, missing) => {
    expect(problemsOf(environment).problems.map(({ name }) => name)).toEqual(missing);
  });

  it('names everything that is missing or malformed at once, with what it is for and where to find it', () => {
    const error = problemsOf({
      PORT: 'http',
      REACT_APP_SHARETRIBE_SDK_BASE_URL: 'flex',
      STRIPE_SECRET_KEY: 'pk_test_1',
      SHARETRIBE_SDK_CLIENT_SECRET: ' ',
    });

    expect(error.problems.map(({ name, problem }) => [name, problem])).toEqual([
      ['PORT', 'must be a whole number'],
      ['REACT_APP_SHARETRIBE_SDK_CLIENT_ID', 'missing'],
      ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'must be an http or https address'],
      ['SHARETRIBE_SDK_CLIENT_SECRET', 'missing'],
      ['STRIPE_SECRET_KEY', 'must begin with sk_test_, sk_live_, rk_test_ or rk_live_'],
    ]);
    expect(describeProblems(error)).toContain('Sharetribe Console');
  });

  it.each([
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'https://flex-api.sharetribe.com/v1', 'must not end in /v1'],
    ['REQUEST_BUDGET_MS', '5', 'must be from 100 to 120000'],
    ['PORT', '70000', 'must be from 0 to 65535'],
    ['REACT_APP_SHARETRIBE_USING_SSL', 'yes', 'must be true or false'],
    ['LOG_LEVEL', 'loud', 'must be trace, debug, info, warn or error'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_a,oops', 'must begin with whsec_'],
    ['SHARETRIBE_SDK_CLIENT_SECRET', 'two words', 'holds spaces'],
    ['PRIVILEGED_TRANSITIONS', 'request-payment', 'must be a list like my-process/request-payment'],
    ['PRIVILEGED_TRANSITIONS', 'mine/pay,', 'must be a list like my-process/request-payment'],
    ['PRIVILEGED_TRANSITIONS', 'mine/state/pay', 'must be a list like my-process/request-payment'],
    ['PRIVILEGED_TRANSITIONS', 'mine/pay now', 'must be a list like my-process/request-payment'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'http://flex.example', 'must begin with https'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'http://127.0.0.1.evil.example', 'must begin with https'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'http://localhost.evil.example', 'must begin with https'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'http://169.254.169.254', 'must begin with https'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'http://[::ffff:127.0.0.1]', 'must begin with https'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'https://u:p@flex.example', 'must have no user name'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'https://flex.example?a=b', 'must have no user name'],
    ['REACT_APP_SHARETRIBE_SDK_BASE_URL', 'file:///etc/passwd', 'must be an http or https address'],
    ['REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL', 'http://cdn.example', 'must begin with https'],
    ['SHARETRIBE_INTEGRATION_BASE_URL', 'http://flex.example', 'must begin with https'],
    ['CORS_ORIGINS', '*', 'must be an http or https address'],
    ['CORS_ORIGINS', 'null', 'must be an http or https address'],
    ['CORS_ORIGINS', 'https://*.example.com', 'patterns are not taken'],
    ['CORS_ORIGINS', 'https://a.example,evil', 'must be an http or https address'],
    ['TRUST_PROXY', 'true', 'anybody could call himself by any address'],
    ['SERVER_SHARETRIBE_TRUST_PROXY', 'true', 'anybody could call himself by any address'],
    ['TRUST_PROXY', '11', 'must be the number of proxies'],
    ['TRUST_PROXY', '-1', 'must be the number of proxies'],
    ['TRUST_PROXY', '0.0.0.0/0', 'must be the number of proxies'],
    ['TRUST_PROXY', '::/0', 'must be the number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/33', 'must be the number of proxies'],
    ['TRUST_PROXY', '10.0.0.1, everybody', 'must be the number of proxies'],
    ['RATE_LIMIT_PER_ADDRESS', '-1', 'must be a whole number'],
    ['MAX_REQUESTS_IN_FLIGHT', '0', 'must be from 1'],
    ['PI_FALLBACK', 'true', 'must be on or off'],
    ['PI_FALLBACK_LIVE', 'yes', 'must be on or off'],
    ['PI_FALLBACK_APPROVED_BY', 'Ada\nGrace', 'must be one line'],
    ['PI_FALLBACK_SUPPORT_CASE', 'x'.repeat(201), 'must be 200 characters or less'],
    ['PI_FALLBACK_PROCESSES', 'default-booking/release-1', 'must be a list of process names'],
    ['PI_FALLBACK_PROCESSES', ',', 'must be a list of process names'],
    ['PI_FALLBACK_SHARE', '101', 'must be from 0 to 100'],
    ['PI_FALLBACK_MAX_AMOUNT', '10.50', 'must be a whole number'],
    ['PI_FALLBACK_CURRENCIES', 'EUR,ISK', 'must be a list out of AUD'],
    ['PI_FALLBACK_REFUSALS', 'stripe-missing-api-key,card_declined', 'of the platform itself'],
    ['PI_FALLBACK_REFUSALS', 'transaction-payment-failed', 'of the platform itself'],
    ['PI_FALLBACK_ANSWERS', 'valid', 'must be none, or a list out of missing, invalid'],
    ['PI_FALLBACK_ANSWERS', 'invalid:odd', 'must be none, or a list out of missing, invalid'],
  ])('refuses %s=%s', (name, value, words) => {
    expect(problemsOf({ ...least, [name]: value }).problems).toEqual([
      expect.objectContaining({ name, problem: expect.stringContaining(words) }),
    ]);
  });

  it('reads privileged transitions by process, with or without what their names begin with', () => {
    const { config } = loadConfig({
      ...least,
      PRIVILEGED_TRANSITIONS: 'mine/pay, other/a.b, mine/transition/pay-more',
    });

    expect(config.privilegedTransitions).toEqual({
      mine: ['transition/pay', 'transition/pay-more'],
      other: ['transition/a.b'],
    });
    expect(loadConfig(least).config.privilegedTransitions).toEqual({});
  });

  it('has the fallback off, and narrowed by nothing but what Stripe and Flex count alike', () => {
    expect(loadConfig(least).config.fallback).toEqual({
      wanted: false,
      live: false,
      approvedBy: null,
      supportCase: null,
      processes: null,
      share: 100,
      maxAmount: null,
      currencies: expect.arrayContaining(['EUR', 'USD', 'JPY']),
      refusals: [
        'stripe-missing-api-key',
        'flex-stripe-key-invalid',
        'api_key_expired',
        'platform_api_key_expired',
        'secret_key_required',
      ],
      answers: ['missing', 'invalid'],
    });
  });

  it('reads how far the fallback may go', () => {
    const { config } = loadConfig({
      ...least,
      PI_FALLBACK: 'on',
      PI_FALLBACK_LIVE: 'on',
      PI_FALLBACK_APPROVED_BY: 'Ada Lovelace, operations',
      PI_FALLBACK_SUPPORT_CASE: '#4711',
      PI_FALLBACK_PROCESSES: 'default-booking, my.rental',
      PI_FALLBACK_SHARE: '5',
      PI_FALLBACK_MAX_AMOUNT: '50000',
      PI_FALLBACK_CURRENCIES: 'eur, USD',
      PI_FALLBACK_REFUSALS: 'none',
      PI_FALLBACK_ANSWERS: 'invalid:uuid',
    });

    expect(config.fallback).toEqual({
      wanted: true,
      live: true,
      approvedBy: 'Ada Lovelace, operations',
      supportCase: '#4711',
      processes: ['default-booking', 'my.rental'],
      share: 5,
      maxAmount: 50_000,
      currencies: ['EUR', 'USD'],
      refusals: [],
      answers: ['invalid:uuid'],
    });
  });

  it.each([
    ['http://localhost:3600/', 'http://localhost:3600'],
    ['http://127.0.0.1:3600', 'http://127.0.0.1:3600'],
    ['http://[::1]:3600', 'http://[::1]:3600'],
    ['https://flex.example/path//', 'https://flex.example/path'],
  ])('takes the address %s', (value, address) => {
    expect(loadConfig({ ...least, REACT_APP_SHARETRIBE_SDK_BASE_URL: value }).config.flex.baseUrl).toBe(
      address,
    );
  });

  it.each<[string, number | string[]]>([
    ['false', 0],
    ['0', 0],
    ['2', 2],
    ['loopback', ['loopback']],
    ['10.0.0.0/8, 192.0.2.1,2001:db8::/32', ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']],
  ])('trusts the proxies of %s', (value, trusted) => {
    expect(loadConfig({ ...least, TRUST_PROXY: value }).config.trustProxy).toEqual(trusted);
  });

  it('lists each origin once, as browsers write it', () => {
    const { config } = loadConfig({
      ...least,
      REACT_APP_MARKETPLACE_ROOT_URL: 'https://WWW.example.com:443/page',
      CORS_ORIGINS: 'https://www.example.com/, http://localhost:4000',
    });

    expect(config.origins).toEqual(['https://www.example.com', 'http://localhost:4000']);
  });

  it('says in development how another port is let in, when none is', () => {
    const warningsFor = (environment: Record<string, string>) =>
      loadConfig({ ...least, ...environment }).report.warnings;

    expect(warningsFor({ NODE_ENV: 'development' })).toEqual([
      expect.stringContaining('REACT_APP_MARKETPLACE_ROOT_URL=http://localhost:3000'),
    ]);
    expect(warningsFor({ NODE_ENV: 'development', CORS_ORIGINS: 'http://localhost:3000' })).toEqual([]);
    expect(warningsFor({ NODE_ENV: 'production' })).toEqual([]);
  });

  it('never prints a value, right or wrong', () => {
    const error = problemsOf({
      STRIPE_SECRET_KEY: 'canary-one',
      STRIPE_WEBHOOK_SECRET: 'canary-two',
      SHARETRIBE_SDK_CLIENT_SECRET: 'canary three',
    });
    const { report } = loadConfig({ ...least, REACT_APP_STRIPE_SECRET_KEY: 'canary-four' });

    expect(JSON.stringify([error.problems, error.message, describeProblems(error), report])).not.toContain(
      'canary',
    );
  });

  it('takes the first name that is set and says which one won', () => {
    const { config, secrets, report } = loadConfig({
      ...least,
      SHARETRIBE_INTEGRATION_CLIENT_ID: '',
      FLEX_INTEGRATION_CLIENT_ID: 'integration',
      FLEX_INTEGRATION_CLIENT_SECRET: 'integration-secret',
      STRIPE_API_KEY: 'sk_test_1',
      STRIPE_WEBHOOK_SECRET: 'whsec_new,whsec_old',
    });

    expect(config.integration?.clientId).toBe('integration');
    expect(secrets).toMatchObject({
      integrationClientSecret: 'integration-secret',
      stripeSecretKey: 'sk_test_1',
      stripeWebhookSecrets: ['whsec_new', 'whsec_old'],
    });
    expect(report.used).toMatchObject({
      integrationClientId: 'FLEX_INTEGRATION_CLIENT_ID',
      stripeSecretKey: 'STRIPE_API_KEY',
    });
    expect(report.warnings).toEqual([]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'id and secret of different families',
      { SHARETRIBE_INTEGRATION_CLIENT_ID: 'a', FLEX_INTEGRATION_CLIENT_SECRET: 'b' },
      /SHARETRIBE_INTEGRATION_CLIENT_ID and FLEX_INTEGRATION_CLIENT_SECRET/,
    ],
    [
      'an id without its secret',
      { INTEGRATION_CLIENT_ID: 'a' },
      /INTEGRATION_CLIENT_ID is set, but its secret is not/,
    ],
    [
      'two names that disagree',
      { SHARETRIBE_SDK_CLIENT_ID: 'another' },
      /SHARETRIBE_SDK_CLIENT_ID is set too/,
    ],
    [
      'a secret that is published by its name',
      { REACT_APP_SHARETRIBE_SDK_CLIENT_SECRET: 'a' },
      /REACT_APP_SHARETRIBE_SDK_CLIENT_SECRET looks like a secret/,
    ],
    [
      'a secret that is published by its value',
      { REACT_APP_STRIPE_KEY: 'sk_test_1' },
      /REACT_APP_STRIPE_KEY looks like a secret/,
    ],
  ])('warns of %s', (_what, environment, words) => {
    expect(loadConfig({ ...least, ...environment }).report.warnings).toEqual([expect.stringMatching(words)]);
  });

  it('does not warn of a publishable key, nor of two names that agree', () => {
    expect(
      loadConfig({ ...least, REACT_APP_STRIPE_PUBLISHABLE_KEY: 'pk_test_1', SHARETRIBE_SDK_CLIENT_ID: 'id' })
        .report.warnings,
    ).toEqual([]);
  });
});

describe('readEnvironment', () => {
  const folder = (files: Record<string, string>) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'environment-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
    return directory;
  };
  const files = {
    '.env': 'A=env\nB=env\nC=env\nD=env\nE=env',
    '.env.production': 'B=production\nC=production\nD=production',
    '.env.local': 'C=local\nD=local',
    '.env.production.local': 'D=production-local',
  };

  it("goes by the template's order and overrides nothing that is set", () => {
    expect(readEnvironment(folder(files), { NODE_ENV: 'production', E: 'set' })).toMatchObject({
      A: 'env',
      B: 'production',
      C: 'local',
      D: 'production-local',
      E: 'set',
    });
  });

  it('leaves .env.local out in tests', () => {
    expect(readEnvironment(folder(files), { NODE_ENV: 'test' })).toMatchObject({ C: 'env', D: 'env' });
  });
});

it('documents every name in .env.example, and nothing else', async () => {
  const { readFileSync } = await import('node:fs');
  const example = readFileSync(path.join(import.meta.dirname, '../../.env.example'), 'utf8');
  const documented = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(match => match[1]);
  const preferred = Object.values(variables).map(variable => variable.names[0]);

  expect(documented.toSorted()).toEqual(preferred.toSorted());
  for (const name of Object.values(variables).flatMap(variable => variable.names))
    expect(example).toContain(name);
});
