import type { Response } from 'express';
import { z } from 'zod';
import { operatorOf } from '../middleware/operators.ts';
import { requestIdOf, requestLogOf } from '../middleware/request-log.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';
import { idCursor, listQuery, pageOf, readPage } from './page.ts';

const cursor = idCursor('audit');
const query = listQuery({}, cursor);
const details = z.record(z.string(), z.unknown());
const entry = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  tokenPlace: z.int().meta({ description: 'Of the token in OPERATOR_TOKENS then, from 0.' }),
  tokenDigest: z.string().meta({ description: 'The beginning of its SHA-256.' }),
  requestId: z.string(),
  action: z.string(),
  details,
  outcome: details.nullable().meta({ description: 'null when it did not come to an end.' }),
});

/** `GET /ops/audit`: what operators changed, the newest first. */
export const audit = ({ views }: OpsDeps) =>
  endpoint(
    { summary: 'What operators changed, the newest first', requestParams: { query } },
    pageOf(entry),
    async req => {
      const { page } = readPage(query, req);
      const { items, next } = await views.audit(page);
      return { items, next: cursor.write(next) };
    },
  );

/** Does it for the operator who asked, and writes that down. */
export function audited<T extends Record<string, unknown>>(
  { views, tokenDigests }: OpsDeps,
  res: Response,
  action: string,
  about: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const tokenPlace = operatorOf(res);
  const tokenDigest = tokenDigests[tokenPlace]!;
  requestLogOf(res).info({ action, tokenPlace, tokenDigest, details: about }, 'operator changes something');
  return views.audited(
    { tokenPlace, tokenDigest, requestId: requestIdOf(res), action, details: about },
    work,
  );
}
