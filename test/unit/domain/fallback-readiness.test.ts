import { loadConfig } from '../../../server/config.ts';
import { fallbackReadiness, type FallbackFacts } from '../../../server/domain/fallback-readiness.ts';

const settingsOf = (environment: Record<string, string>) =>
  loadConfig({
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id',
    SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
    ...environment,
  }).config.fallback;

const asked = { PI_FALLBACK: 'on', PI_FALLBACK_APPROVED_BY: 'Ada', PI_FALLBACK_SUPPORT_CASE: '4711' };
const ready: FallbackFacts = {
  settings: settingsOf(asked),
  lanes: [
    { process: 'default-booking', wrong: [] },
    { process: 'default-inquiry', wrong: ['It has no fallback lane.'] },
  ],
  hasIntegration: true,
  hasDatabase: true,
  stripe: { livemode: false, lacking: [] },
  switchedOffBy: null,
};

describe('fallbackReadiness', () => {
  it('is on when nothing is missing', () => {
    expect(fallbackReadiness(ready)).toEqual({ on: true, missing: [] });
  });

  it('names everything that is missing at once', () => {
    expect(
      fallbackReadiness({
        settings: settingsOf({}),
        lanes: [],
        hasIntegration: false,
        hasDatabase: false,
        stripe: null,
        switchedOffBy: 'operator 2',
      }),
    ).toEqual({
      on: false,
      missing: [
        'PI_FALLBACK=on',
        'PI_FALLBACK_APPROVED_BY: who answers for it',
        "PI_FALLBACK_SUPPORT_CASE: the number of Sharetribe support's case about it",
        'a process file with the whole fallback lane (npm run process-doctor says what is missing)',
        'Integration API credentials (SHARETRIBE_INTEGRATION_CLIENT_ID and _SECRET)',
        'a database (DATABASE_URL, or DATA_DIR with one process)',
        'a Stripe key (STRIPE_SECRET_KEY)',
        'to be switched on again: operator 2 switched it off',
      ],
    });
  });

  it.each<[string, Partial<FallbackFacts>, string]>([
    ['it is not asked for', { settings: settingsOf({ ...asked, PI_FALLBACK: 'off' }) }, 'PI_FALLBACK=on'],
    [
      'nobody has approved it',
      { settings: settingsOf({ ...asked, PI_FALLBACK_APPROVED_BY: '' }) },
      'PI_FALLBACK_APPROVED_BY: who answers for it',
    ],
    [
      'a live key is not allowed',
      { stripe: { livemode: true, lacking: [] } },
      'PI_FALLBACK_LIVE=on: the Stripe key is a live one',
    ],
    [
      'permissions have not been looked at',
      { stripe: { livemode: false, lacking: 'not-looked' } },
      "a look at the Stripe key's permissions, which has not come to an end yet",
    ],
    [
      'a permission is lacking',
      { stripe: { livemode: false, lacking: ['Refunds: write'] } },
      'the permission Refunds: write on the Stripe key',
    ],
    [
      'a named process has no lane',
      { settings: settingsOf({ ...asked, PI_FALLBACK_PROCESSES: 'default-booking,default-inquiry' }) },
      'the whole fallback lane in default-inquiry: It has no fallback lane.',
    ],
    [
      'a named process has no file',
      { settings: settingsOf({ ...asked, PI_FALLBACK_PROCESSES: 'mine,default-booking' }) },
      'a process file for mine, named in PI_FALLBACK_PROCESSES',
    ],
  ])('stays off when %s', (_what, changed, missing) => {
    expect(fallbackReadiness({ ...ready, ...changed })).toEqual({ on: false, missing: [missing] });
  });

  it('is on with a live key where that is allowed', () => {
    const settings = settingsOf({ ...asked, PI_FALLBACK_LIVE: 'on' });

    expect(fallbackReadiness({ ...ready, settings, stripe: { livemode: true, lacking: [] } }).on).toBe(true);
  });
});
