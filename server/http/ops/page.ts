/** Pages of a list, and how a caller asks for them. */
import type { Request } from 'express';
import { z } from 'zod';
import { parse, UUID } from '../parse.ts';

const MOST = 100;
const USUAL = 50;

/** From 1 on. */
const wholeNumber = (most: number, description: string) =>
  z
    .string('must be given once')
    .regex(/^\d+$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine(value => value >= 1 && value <= most, `must be a whole number from 1 to ${most}`)
    .optional()
    .meta({ type: 'integer', description } as const);

const limit = wholeNumber(MOST, `How many at most, from 1 to ${MOST}; ${USUAL} when left out.`);

/** Where a page ends, as a text that only this list can read. */
export type Cursor<Key> = { schema: z.ZodType<Key | undefined>; write(key: Key | null): string | null };

export function cursorOf<Key>(list: string, key: z.ZodType<Key>): Cursor<Key> {
  return {
    schema: z
      .string('must be given once')
      .transform((text, context): Key => {
        const read = z.tuple([z.literal(list), key]).safeParse(jsonIn(text));
        if (read.success) return read.data[1];
        context.addIssue(`is not one that /ops/${list} gave; take \`next\` of the page before as it is`);
        return z.NEVER;
      })
      .optional()
      .meta({ type: 'string', description: '`next` of the page before.' }),
    write: last => (last === null ? null : Buffer.from(JSON.stringify([list, last])).toString('base64url')),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Most lists go by the ids of their items, which are in the order of time. */
export const idCursor = (list: string): Cursor<string> => cursorOf(list, z.uuid());

/** The query of a list: its filters, and which page. Anything else in it is refused. */
export const listQuery = <Shape extends z.core.$ZodLooseShape, Key>(filters: Shape, cursor: Cursor<Key>) =>
  z.strictObject({ ...filters, limit, cursor: cursor.schema });

type ListQuery = { limit?: number | undefined; cursor?: unknown };

export function readPage<Query extends ListQuery>(
  schema: z.ZodType<Query>,
  req: Request,
): {
  filter: Omit<Query, 'limit' | 'cursor'>;
  page: { limit: number; after: NonNullable<Query['cursor']> | null };
} {
  const { limit: most = USUAL, cursor, ...filter } = parse(schema, { ...req.query }, 'The query');
  return { filter, page: { limit: most, after: cursor ?? null } };
}

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .meta({ description: 'The cursor of the next page; null when there is none.' }),
  });

/** One of several words, or several with commas between them. */
export const someOf = <Name extends string>(names: readonly Name[]) =>
  z
    .string('must be given once, with commas')
    .transform(text => text.split(',').map(name => name.trim()))
    .pipe(z.array(z.enum(names, `must be of ${names.join(', ')}`)).min(1))
    .optional()
    .meta({ type: 'string', description: `Of ${names.join(', ')}; several with commas.` });

export const oneOf = <Name extends string>(names: readonly Name[]) =>
  z.enum(names, `must be one of ${names.join(', ')}`).optional();

/** A name or an id as they stand in records. */
export const word = z
  .string('must be given once')
  .regex(/^[\w./:-]{1,200}$/, 'holds characters that no name or id has')
  .optional();

const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(2200, 0);

export const time = z
  .string('must be given once')
  .transform((text, context): Date => {
    const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : NaN;
    if (ms >= EARLIEST && ms < LATEST) return new Date(ms);
    context.addIssue('must be a time such as 2026-11-21T08:30:00Z');
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'date-time' });

const A_DAY = 86_400;

export const recordedWithin = wholeNumber(
  A_DAY,
  `What was written in the last so many seconds, from 1 to ${A_DAY}, however long before it happened.`,
);

export const transactionId = z
  .string('must be given once')
  .regex(UUID, 'must be a UUID')
  .transform(text => text.toLowerCase())
  .meta({ type: 'string', format: 'uuid' });
