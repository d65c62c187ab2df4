import { missingKey, invalidValue } from '../../errors.ts';
import type { Journal } from '../../journal.ts';
import type { Listing } from '../../listings/entity.ts';
import type { TakeScenario } from '../../request-scenarios.ts';
import type { Transaction } from '../../transactions/entity.ts';
import { BigDecimal, isPlainObject, Money, type PlainObject } from '../../values.ts';
import type { FlexWorld } from '../../world.ts';

/** What an action works on. It changes the draft; what it changes outside of it goes through the journal. */
export type ActionContext = {
  world: FlexWorld;
  transaction: Transaction;
  listing: Listing;
  params: PlainObject;
  config: Record<string, unknown>;
  /** A simulation: nothing may leave the sandbox's Flex. */
  speculative: boolean;
  journal: Journal;
  scenario: TakeScenario;
};

/** Returns a promise only where it must wait, so that a simulation runs to its end without anyone looking in between. */
export type ActionRun = (context: ActionContext) => void | Promise<void>;

/** One published process writes the keyword `:true`. */
export const isSwitchedOn = ({ config }: ActionContext, name: string) =>
  config[name] === true || config[name] === 'true';

/** Reads params of an action; each refuses what Flex would refuse. */
export const param = {
  object(params: PlainObject, name: string): PlainObject | undefined {
    const value = params[name];
    if (value === undefined || value === null) return undefined;
    if (!isPlainObject(value)) throw invalidValue(['params', name], 'must be an object');
    return value;
  },
  time(params: PlainObject, name: string): number | undefined {
    const value = params[name];
    if (value === undefined || value === null) return undefined;
    const time =
      value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : NaN;
    if (Number.isNaN(time)) throw invalidValue(['params', name], 'must be a timestamp');
    return time;
  },
  wholeNumber(params: PlainObject, name: string, least = 1): number | undefined {
    const value = params[name];
    if (value === undefined || value === null) return undefined;
    if (!Number.isInteger(value) || (value as number) < least) {
      throw invalidValue(['params', name], `must be an integer of at least ${least}`);
    }
    return value as number;
  },
  text(params: PlainObject, name: string): string | undefined {
    const value = params[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw invalidValue(['params', name], 'must be a string');
    return value;
  },
  flag(params: PlainObject, name: string): boolean {
    const value = params[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      throw invalidValue(['params', name], 'must be a boolean');
    }
    return value === true;
  },
};

export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw missingKey(['params', name]);
  return value;
}

/** Amounts arrive as Money, or as `{amount, currency}` in plain JSON: whole minor units of a currency. */
export function asMoney(value: unknown): Money | undefined {
  if (!(value instanceof Money) && !isPlainObject(value)) return undefined;
  const { amount, currency } = value;
  const isMoney = Number.isSafeInteger(amount) && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
  return isMoney ? new Money(amount as number, currency) : undefined;
}

const DECIMAL = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

export function asDecimalText(value: unknown): string | undefined {
  const text = value instanceof BigDecimal ? value.value : typeof value === 'number' ? String(value) : '';
  return DECIMAL.test(text) ? text : undefined;
}
