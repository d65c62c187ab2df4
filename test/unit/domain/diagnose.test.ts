import { causes } from '../../../server/domain/diagnosis/causes.ts';
import { createDiagnose, diagnose, rules } from '../../../server/domain/diagnosis/diagnose.ts';
import * as samples from '../../../server/domain/diagnosis/samples.ts';

describe('diagnose', () => {
  it('has a diagnostic for every cause but the one for not knowing, each sound on its own samples', () => {
    const covered = new Set(rules.map(({ cause }) => cause));

    expect([...causes].filter(cause => !covered.has(cause))).toEqual(['inconclusive']);
    for (const { cause, find, samples: own } of rules) {
      expect([cause, find(own.bad) !== null, find(own.good)]).toEqual([cause, true, null]);
    }
  });

  it('finds a good booking healthy, says why and what to read, and nothing else', () => {
    expect(diagnose(samples.healthy)).toEqual({
      cause: 'healthy',
      confidence: 0.97,
      evidence: [
        'Flex and Stripe say the same of pi_3QhWaB7WZ01zgkWS0jxsAJo3, which is requires_payment_method.',
      ],
      next: 'Nothing to do.',
      docs: expect.stringMatching(/^https:/),
      alternatives: [],
    });
  });

  it('says nothing certain of nothing, and what would have to be known', () => {
    expect(diagnose({})).toMatchObject({
      cause: 'inconclusive',
      confidence: 0,
      evidence: [
        "There is no look of ours at Flex's answer.",
        'Flex was not asked: that needs Integration API credentials.',
        'Stripe was not asked: that needs STRIPE_SECRET_KEY.',
      ],
    });
  });

  it.each([
    ['finds nothing in its bad sample', { find: () => null }],
    ['finds something in its good sample', { find: () => ({ confidence: 1, evidence: [] }) }],
    [
      'throws',
      {
        find: () => {
          throw new Error('broken');
        },
      },
    ],
  ])('sets a diagnostic aside that %s, and calls nothing healthy without it', (_what, broken) => {
    const unsound = rules.map(rule => (rule.cause === 'other-mode' ? { ...rule, ...broken } : rule));

    const result = createDiagnose(unsound)(samples.healthy);

    expect(result.cause).toBe('inconclusive');
    expect(result.evidence[0]).toBe(
      'other-mode could not be looked for: its diagnostic failed its own test.',
    );
    expect(result.alternatives).toEqual([{ cause: 'healthy', confidence: 0.97 }]);
  });

  it('names a cause that is certain although another diagnostic is broken', () => {
    const unsound = rules.map(rule => (rule.cause === 'other-mode' ? { ...rule, find: () => null } : rule));

    expect(createDiagnose(unsound)(samples.refusal({ flexCodes: ['stripe-missing-api-key'] })).cause).toBe(
      'flex-stripe-not-configured',
    );
  });

  it('never blames anybody for a simulation, whatever else is known', () => {
    const speculative = { ...samples.call, isSpeculative: true };
    for (const { samples: own } of rules.filter(({ samples: { bad } }) => !bad.refusal && !bad.settings)) {
      const { check: _check, ...rest } = own.bad;
      const { cause } = diagnose({
        ...rest,
        call: speculative,
        check: samples.check({ verdict: 'simulated', paymentIntentId: null }),
      });
      expect(cause).toBe('simulated-response');
    }
  });
});
