/** How a battery ends: what it found in words, one line of JSON, and an exit code. */
import { noCounts, type Breach } from './ledger.ts';

export type Verdict = {
  battery: string;
  seed: number;
  /** `performance.now()` when it began. */
  began: number;
  found: readonly Breach[];
  /** What it did, before what was wrong. */
  did: Record<string, unknown>;
  /** What came of it. */
  ends: Record<string, unknown>;
  /** The command that plays it again. */
  replay: string;
  /** The fault that was put in, which is to be found. */
  mutant?: string | undefined;
};

/** The exit code: 1 when anything was wrong. */
export function pronounce({ battery, seed, began, found, did, ends, replay, mutant }: Verdict): number {
  const counts = noCounts();
  for (const { kind, what } of found) {
    counts[kind] += 1;
    process.stderr.write(`${kind}: ${what}\n`);
  }
  const isWrong = found.length > 0;
  const line = {
    battery,
    ...(mutant !== undefined && { mutant, caught: isWrong }),
    seed,
    ...did,
    ...counts,
    ...ends,
    seconds: Math.round((performance.now() - began) / 1_000),
    ...(isWrong && { replay: `npm run prove:${battery} -- ${replay}` }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return isWrong ? 1 : 0;
}
