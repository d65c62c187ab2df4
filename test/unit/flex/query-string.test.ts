import fc from 'fast-check';
import flexSdk from 'sharetribe-flex-sdk';
import { queryString } from '../../../server/flex/query-string.ts';

const { types, util } = flexSdk as any;

it('is written as the SDK writes it', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.date({ noInvalidDate: true }));
  const value = fc.oneof(
    scalar,
    fc.array(scalar),
    fc.constant(null),
    fc.uuid().map(uuid => new types.UUID(uuid)),
  );
  const params = fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z.]{0,12}$/), value);
  fc.assert(fc.property(params, given => expect(queryString(given)).toBe(util.queryString(given))));
});

it('a name can not add a parameter, and a map is refused by name', () => {
  expect(queryString({ 'a&b=c': 1 })).toBe('a%26b%3Dc=1');
  expect(() => queryString({ include: [{ a: 1 }] })).toThrow('queryParams.include');
});
