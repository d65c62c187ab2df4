import type { Cause } from './causes.ts';
import type { Evidence } from './evidence.ts';

/** Why a rule holds. `confidence` from 0 to 1. */
export type Finding = { confidence: number; evidence: string[] };

/** One diagnostic. It brings the samples by which it is tested before it is believed. */
export type Rule = {
  cause: Cause;
  find(evidence: Evidence): Finding | null;
  samples: {
    /** In which it must find its cause. */
    bad: Evidence;
    /** In which it must find nothing. */
    good: Evidence;
  };
};
