/** The second net under everything that is written for people: takes out what looks like a secret, or is one by name. */
const REDACTED = '[redacted]';

// Not one of these may go back over what it has read: a stranger's words can be in the line.
const secretShapes: [shape: RegExp, instead: string][] = [
  // Client secrets of PaymentIntents, SetupIntents and Checkout Sessions: the id in front may be seen.
  [/_(scoped_)?secret_[A-Za-z0-9]+/g, `_secret_${REDACTED}`],
  [/\b(sk|rk)_(test|live)_[A-Za-z0-9]+/g, REDACTED],
  [/\b(whsec|ek)_[A-Za-z0-9_]+/g, REDACTED],
  [/\bBearer\s{1,4}[^\s"',\\]+/gi, `Bearer ${REDACTED}`],
  [/\beyJ[\w.-]+/g, REDACTED],
  // In JSON, also within a text of JSON: both quotes are escaped alike.
  [/((?:access|refresh)_token(\\{0,3}["'])\s?:\s?\2)[^"'\\]+/g, `$1${REDACTED}`],
  // In a form, or printed by Node. What closes a text, a list or a map is no value.
  [/((?:access|refresh)_token\s?[:=]\s?(?:'|\\{1,3}")?)[^"'&\s,\\}\]:][^"'&\s,\\]*/g, `$1${REDACTED}`],
];

/**
 * What each of these shapes has in it: most lines have none of it, and need be read but once. Without the flag `i`, with which
 * that would take twice as long.
 */
const HINT = /secret_|[sr]k_|whsec_|ek_|eyJ|_token|[Bb][Ee][Aa][Rr][Ee][Rr]/;

/** Thirteen to nineteen digits, in groups of four or in a row. Of lines full of ids and times, the first digits rule out most at once. */
const CARD = /\b[2-6]\d\d\d(?:\d{9,15}|[ -](?:\d{4}[ -]\d{4}[ -]\d{1,7}|\d{6}[ -]\d{5}))\b/g;

const withoutCards = (text: string) =>
  text.replace(CARD, number => (isCardNumber(number.replaceAll(/\D/g, '')) ? REDACTED : number));

/** By its first digit, which says whose it is, and its last, which checks the others. */
export function isCardNumber(digits: string): boolean {
  if (!/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const counted = index % 2 === 0 ? digit : digit * 2;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}

/** `secrets`: values that must not come through, whatever they look like. */
export function redactor(secrets: string[]): (text: string) => string {
  const values = secrets.filter(secret => secret !== '');
  return text => {
    const withoutShapes = HINT.test(text)
      ? secretShapes.reduce((line, [shape, instead]) => line.replace(shape, instead), text)
      : text;
    return values.reduce((line, value) => line.replaceAll(value, REDACTED), withoutCards(withoutShapes));
  };
}
