import { hash } from 'node:crypto';
import { z } from 'zod';
import { parse, UUID } from '../parse.ts';
import { audited } from './audit.ts';
import { endpoint, type OpsDeps } from './endpoint.ts';

const path = z.object({ id: z.string().regex(UUID, 'must be the id of a user in Flex') });
const deleted = z
  .object({ transactions: z.int() })
  .catchall(z.int())
  .meta({ description: 'Rows that were deleted, by table.' });

/** `DELETE /ops/users/{id}`: forgets all that was kept of transactions in which the user took part. */
export const deleteUser = (deps: OpsDeps) =>
  endpoint(
    {
      summary: 'Forget what was kept of a user',
      description:
        'All that was kept of transactions in which the user was customer or provider. Delete the user in Flex first: ' +
        'what Flex tells of them afterwards is kept again. Cases of the fallback stay: they are the books of money that was moved.',
      requestParams: { path },
    },
    deleted,
    async (req, res) => {
      const id = parse(path, req.params).id.toLowerCase();
      // What is written down for good must not name the user.
      const about = { userDigest: hash('sha256', id, 'hex').slice(0, 16) };
      return audited(deps, res, 'delete-user', about, async () => ({
        transactions: 0,
        ...(await deps.views.deleteUser(id)),
      }));
    },
  );
