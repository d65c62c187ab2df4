/** The second net under everything that is written for people: takes out what looks like a secret, or is one by name. */
const REDACTED = '[redacted]';

const secretShapes: [shape: RegExp, instead: string][] = [
  // Client secrets of PaymentIntents, SetupIntents and Checkout Sessions: the id in front may be seen.
  [/_(scoped_)?secret_[A-Za-z0-9]+/g, `_secret_${REDACTED}`],
  [/\b(sk|rk)_(test|live)_[A-Za-z0-9]+/g, REDACTED],
  [/\b(whsec|ek)_[A-Za-z0-9_]+/g, REDACTED],
  [/\bBearer\s+[^\s"',\\]+/gi, `Bearer ${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, REDACTED],
  [/((?:access|refresh)_token\\?["']?\s*[:=]\s*\\?["']?)[^"'&\s,\\]+/g, `$1${REDACTED}`],
];

/** `secrets`: values that must not come through, whatever they look like. */
export function redactor(secrets: string[]): (text: string) => string {
  const values = secrets.filter(secret => secret !== '');
  return text => {
    const withoutShapes = secretShapes.reduce((line, [shape, instead]) => line.replace(shape, instead), text);
    return values.reduce((line, value) => line.replaceAll(value, REDACTED), withoutShapes);
  };
}
