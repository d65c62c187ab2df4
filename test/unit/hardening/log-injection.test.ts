import fc from 'fast-check';
import { createLog } from '../../../server/log.ts';
import { collectLog } from '../../setup/log-lines.ts';

/** What could end a line, a text or an object early, and what the redaction looks for. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom('\n', '\r\n', '\u2028', '\0', '\x1b[31m', '"', '\\', '}', '{"level":"fatal"}', '","a":"'),
    fc.constantFrom('Bearer x', 'access_token":"', 'refresh_token=', 'pi_1_secret_x', 'sk_live_1', 'eyJ.a.b'),
  ),
});

it('each entry is one line of JSON with the level that was meant, whatever is in it', () => {
  fc.assert(
    fc.property(hostile, hostile, (text, other) => {
      const sink = collectLog();
      const log = createLog({ level: 'trace', secrets: ['canary'], destination: sink.destination });
      const error = Object.assign(new Error(text, { cause: new Error(other) }), { code: other });
      log
        .child({ requestId: text })
        .info({ field: other, list: [text], [`${other} key`]: 1, err: error }, text);

      expect(sink.text().trimEnd().split('\n')).toHaveLength(1);
      expect(sink.lines()).toMatchObject([{ level: 'info' }]);
    }),
    { numRuns: 2_000 },
  );
});
