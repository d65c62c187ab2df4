import fc from 'fast-check';

/**
 * Gives `play` random sequences of steps until `steps` of them did something (`play` says how many); a sequence that fails
 * is made as short as it can be. The seed is fixed, so that a red run can be run again; MODEL_SEED takes another. Returns
 * how many steps were played.
 */
export async function runsOf<Step>(
  step: fc.Arbitrary<Step>,
  steps: number,
  perRun: number,
  play: (steps: Step[]) => Promise<number>,
): Promise<number> {
  let played = 0;
  const sequence = fc.array(step, { minLength: 1, maxLength: perRun, size: 'max' });
  await fc.assert(
    fc.asyncProperty(sequence, async drawn => {
      if (played >= steps) return;
      played += await play(drawn);
    }),
    { numRuns: Math.ceil((6 * steps) / perRun), seed: Number(process.env['MODEL_SEED'] ?? 1) },
  );
  return played;
}
