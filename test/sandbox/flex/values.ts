/** Values that the Flex wire knows and JSON does not. Instances are never changed once made. */
export class Uuid {
  readonly uuid: string;
  constructor(uuid: string) {
    this.uuid = uuid;
  }
}

/** `amount` in minor units. */
export class Money {
  readonly amount: number;
  readonly currency: string;
  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

export class LatLng {
  readonly lat: number;
  readonly lng: number;
  constructor(lat: number, lng: number) {
    this.lat = lat;
    this.lng = lng;
  }
}

/** Quantities and percentages travel as exact decimals. */
export class BigDecimal {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

/** What real Flex sends for types, transitions and codes; clients read it as plain text. */
export class Keyword {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export type PlainObject = Record<string, unknown>;

export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A copy that shares nothing that could be changed. */
export function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)])) as T;
}

/** An id may come as a UUID or as plain text. */
export function idText(value: unknown): string | undefined {
  if (value instanceof Uuid) return value.uuid;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
