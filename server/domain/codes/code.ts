import type { Cause } from '../diagnosis/causes.ts';

/** Who can do something about it; `time`: it goes away by itself, ask again later. */
export type Who =
  | 'customer'
  | 'provider'
  | 'operator'
  | 'developer'
  | 'sharetribe support'
  | 'stripe support'
  | 'time'
  | 'nobody';

export type Explained = {
  who: Who;
  cause: string;
  fix: string;
  /** What a diagnosis makes of it, where a payment failed with it. */
  diagnosis?: Cause;
};
