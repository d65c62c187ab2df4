import { z } from 'zod';
import { badRequest } from '../domain/errors.ts';
import { idOf } from '../flex/transit.ts';

/** The value as the schema wants it, or a refusal that names the field and what is wrong with it. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, name = 'The body'): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = issue.path.length > 0 ? issue.path.join('.') : name;
  throw badRequest('bad-request', `${field}: ${issue.message}`);
}

const map = z.record(z.string(), z.unknown(), 'must be a map');

/** A map that may be left out, or null as JavaScript clients send what is undefined. */
export const optionalMap = map.nullish().transform(value => value ?? {});
export const optionalFlag = z
  .boolean('must be true or false')
  .nullish()
  .transform(value => value ?? false);
export const text = z.string('must be a text').min(1, 'must not be empty');
export const requiredMap = map;

/** A UUID as transit has it, or its text: both forms are used in the field. */
export const id = z.unknown().transform((value, context) => {
  const found = idOf(value);
  if (found !== undefined) return { sent: value, text: found };
  context.addIssue(value === undefined || value === null ? 'is missing' : 'must be a UUID');
  return z.NEVER;
});
