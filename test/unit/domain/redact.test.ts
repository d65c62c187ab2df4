import { redactor } from '../../../server/domain/redact.ts';

const redact = redactor(['hunter2-marketplace', '']);

const secrets = [
  [
    'a client secret, but not the id in front',
    'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
    'Dm43',
  ],
  ['a scoped secret', 'pi_3RddVUHh8VvNDQ8j1CFgLC0y_scoped_secret_JouqJt9ahCKgh6B9r6', 'Jouq'],
  [
    'the secret of a SetupIntent',
    'seti_1Pgag7B7WZ01zgkWSgwGdb8Z_secret_QXg2AQLdBxJwtY51IkwvUaBVsnCqPSp',
    'QXg2',
  ],
  ['a secret key', 'key sk_test_51SbxPlatFormAc99sandbox.', '51Sbx'],
  ['a restricted key', '"rk_test_51SbxPlatFormAc99sandbox"', '51Sbx'],
  ['a signing secret', 'whsec_abc123', 'abc123'],
  ['a bearer token', 'Authorization: Bearer abc.def-ghi', 'abc.def'],
  ['a signed token', 'x eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln y', 'eyJ'],
  ['a token in JSON', '{"access_token":"opaque-at","refresh_token":"opaque-rt"}', 'opaque'],
  ['a token in JSON inside JSON', '{\\"refresh_token\\":\\"opaque-rt\\"}', 'opaque'],
  ['a token in JSON twice inside JSON', '{\\\\\\"refresh_token\\\\\\":\\\\\\"opaque-rt\\\\\\"}', 'opaque'],
  ['a token as Node prints it', "{ access_token: 'opaque-at' }", 'opaque'],
  ['a token as an attribute, in JSON', '{"a":"refresh_token=\\"opaque-rt\\""}', 'opaque'],
  ['a token in a form', 'grant_type=x&refresh_token=opaque-rt&a=b', 'opaque'],
  ['a card number', 'card 4242424242424242.', '4242'],
  ['a card number in groups', 'card=4000 0025 0000 3155', '0025'],
  ['a card number with hyphens', '5555-5555-5555-4444', '5555'],
  ['an American one', '3782 822463 10005', '8224'],
  ['a value that is secret by name', 'the word is hunter2-marketplace', 'hunter2'],
];

it.each(secrets)('takes out %s', (_what, text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(text)).toContain('[redacted]');
});

const harmless = [
  '{"access_token":null,"refresh_token":1}',
  '{"msg":"access_token="}',
  '{"msg":"refresh_token=\\\\"}',
  '{"access_token=":1}',
  'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
  'transition/request-payment',
  'c0ffee00-0000-4000-8000-000000000001',
  'a secret_garden',
  // What has as many digits and is none: by its check digit, by its first one, and within an id.
  '4242424242424241',
  '1795253940003',
  '12345678-1234-4123-8123-123456789012',
  'pi_4242424242424242',
];

it.each(harmless)('leaves %s', text => {
  expect(redact(text)).toBe(text);
});

it('takes out of many lines together what it takes out of each', () => {
  const texts = [
    ...secrets.map(([, text]) => text),
    ...harmless,
    'Bearer',
    'refresh_token=',
    '4242 4242 4242',
  ];
  const lines = texts.flatMap(text => [text, ...texts]).map(msg => `${JSON.stringify({ msg })}\n`);

  expect(redact(lines.join(''))).toBe(lines.map(redact).join(''));
});
