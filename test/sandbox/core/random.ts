/** A seeded source of ids and secrets: the same seed gives the same sandbox. */
export type Random = {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** A UUID of version 4. */
  uuid(): string;
  /** Letters and digits, as in Stripe's ids. */
  base62(length: number): string;
};

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEX = '0123456789abcdef';

export function createRandom(seed: number): Random {
  // sfc32: small, fast, and good enough for ids that protect nothing.
  let [a, b, c, d] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const sum = (a + b + d++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();

  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit);
  const pick = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');

  return {
    below,
    uuid: () =>
      `${pick(HEX, 8)}-${pick(HEX, 4)}-4${pick(HEX, 3)}-${pick('89ab', 1)}${pick(HEX, 3)}-${pick(HEX, 12)}`,
    base62: length => pick(BASE62, length),
  };
}
