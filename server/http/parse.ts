import type { Request } from 'express';
import { z } from 'zod';
import { badRequest } from '../domain/errors.ts';
import { queryFromBrowser } from '../domain/transition-params.ts';
import { idOf } from '../flex/transit.ts';

export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

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

/** What the answer should hold, in the Marketplace API's own terms. */
export const query = optionalMap.transform(queryFromBrowser);

/** What makes two requests one wish. As header values go, and long enough that nobody meets another's by accident. */
export function idempotencyKeyOf(req: Request): string | undefined {
  const key = req.get('x-idempotency-key');
  if (key === undefined || /^[\w.:-]{16,100}$/.test(key)) return key;
  throw badRequest(
    'idempotency-key-invalid',
    'X-Idempotency-Key must be 16 to 100 letters, digits or any of _ . : - (a UUID for example).',
  );
}

/** A UUID as transit has it, or its text: both forms are used in the field. */
export const id = z
  .unknown()
  .transform((value, context) => {
    const found = idOf(value);
    if (found !== undefined && UUID.test(found)) return { sent: value, text: found };
    context.addIssue(value === undefined || value === null ? 'is missing' : 'must be a UUID');
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'uuid' });

/** Whether the client says that it can finish a payment which Flex knows nothing of. */
export const isAble = (req: Request): boolean => req.get('x-payment-client') === '1';
