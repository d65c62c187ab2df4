/** Finds secrets in what was written: by their shape, and those that are known by their value. */
const SHAPES: Record<string, RegExp> = {
  'Stripe key': /\b(?:sk|rk)_(?:test|live)_\w+/g,
  'signing secret': /\bwhsec_\w+/g,
  'client secret': /\b(?:pi|seti|cs)_\w+_secret_\w+/g,
  'bearer token': /\bBearer\s+[\w.~+/-]+/gi,
  'signed token': /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  'refresh token': /\bv2--[\w-]+/g,
  'token field': /(?:access|refresh)_token\W{1,8}[\w.-]{8,}/g,
};

export type Find = { kind: string; found: string };

/** `allowed`: what may stand there, such as the client secret in the answer to whoever is to pay. */
export function secretsIn(
  text: string,
  known: Iterable<string>,
  allowed: ReadonlySet<string> = new Set(),
): Find[] {
  const byShape = Object.entries(SHAPES).flatMap(([kind, shape]) =>
    [...text.matchAll(shape)].map(([found]) => ({ kind, found })),
  );
  const byValue = [...new Set(known)]
    .filter(value => value !== '' && text.includes(value))
    .map(found => ({ kind: 'known value', found }));
  return [...byShape, ...byValue].filter(({ found }) => !allowed.has(found));
}
