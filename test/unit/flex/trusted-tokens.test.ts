import { createTrustedTokens } from '../../../server/flex/trusted-tokens.ts';

const trusted = (access_token: string, expires_in = 600) => ({
  access_token,
  expires_in,
  token_type: 'bearer',
  scope: 'trusted:user',
});

/** On a clock that stands still. */
function scene() {
  let time = 0;
  const tokens = createTrustedTokens(() => time);
  return { tokens, wait: (ms: number) => void (time += ms) };
}

it('is found by the token that it was got for, and by no other', () => {
  const { tokens } = scene();
  tokens.keep('alice', trusted('trusted-alice'));

  expect(tokens.get('alice')).toBe('trusted-alice');
  expect(tokens.get('mallory')).toBeUndefined();
  expect(tokens.get('')).toBeUndefined();
});

it('is good for a minute', () => {
  const { tokens, wait } = scene();
  tokens.keep('alice', trusted('trusted-alice'));

  wait(59_999);
  expect(tokens.get('alice')).toBe('trusted-alice');
  wait(1);
  expect(tokens.get('alice')).toBeUndefined();
});

it('is not kept until Flex calls it expired', () => {
  const { tokens, wait } = scene();
  tokens.keep('alice', trusted('trusted-alice', 15));
  tokens.keep('bob', trusted('trusted-bob', 10));

  expect(tokens.get('bob')).toBeUndefined();
  wait(4_999);
  expect(tokens.get('alice')).toBe('trusted-alice');
  wait(1);
  expect(tokens.get('alice')).toBeUndefined();
});

it('is forgotten when asked to, and the newest is the one that counts', () => {
  const { tokens } = scene();
  tokens.keep('alice', trusted('older'));
  tokens.keep('alice', trusted('newer'));
  expect(tokens.get('alice')).toBe('newer');

  tokens.forget('alice');
  expect(tokens.get('alice')).toBeUndefined();
});

it('of a thousand users at most: the oldest goes first', () => {
  const { tokens } = scene();
  for (let user = 0; user <= 1_000; user++) tokens.keep(`user-${user}`, trusted(`trusted-${user}`));

  expect(tokens.get('user-0')).toBeUndefined();
  expect(tokens.get('user-1')).toBe('trusted-1');
  expect(tokens.get('user-1000')).toBe('trusted-1000');
});
