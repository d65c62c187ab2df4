/**
 * One session of the embedded Postgres, spoken to in its own protocol: each statement is prepared once, and comes and goes in
 * one turn. PGlite's own way takes five turns, and was most of the time that a booking took.
 */
import { protocol, type PGlite } from '@electric-sql/pglite';

export type Session = {
  run(sql: string, parameters: readonly unknown[]): { rows: never[]; numAffectedRows?: bigint };
  /** Rises with each statement that may have changed something. */
  writes(): number;
};

type Column = { name: string; read: (text: string) => unknown };
type Prepared = { name: string; columns: Column[]; isRead: boolean };

const { serialize } = protocol;

export function createSession(pglite: PGlite): Session {
  const prepared = new Map<string, Prepared>();
  let writes = 0;

  const exchange = (...messages: Uint8Array[]): Buffer => {
    const parts: Uint8Array[] = [];
    // It has all been said when this returns. PGlite's other ways keep a reading of each answer for good.
    void pglite.execProtocolRawStream(Buffer.concat([...messages, SYNC]), {
      syncToFs: false,
      onRawData: part => void parts.push(part.slice()),
    });
    return Buffer.concat(parts);
  };
  const prepare = (sql: string): Prepared => {
    const name = `s${prepared.size}`;
    const answers = parse(
      exchange(serialize.parse({ name, text: sql }), serialize.describe({ type: 'S', name })),
    );
    const described = answers.find(answer => answer.name === 'rowDescription') as Description | undefined;
    const columns = (described?.fields ?? []).map(field => ({
      name: field.name,
      read: READERS[field.dataTypeID] ?? String,
    }));
    const statement = { name, columns, isRead: sql.startsWith('select') };
    prepared.set(sql, statement);
    return statement;
  };

  return {
    run(sql, parameters) {
      const { name, columns, isRead } = prepared.get(sql) ?? prepare(sql);
      if (!isRead) writes += 1;
      const bind = serialize.bind({ statement: name, values: parameters.map(written) });
      return read(exchange(bind, EXECUTE), columns);
    },
    writes: () => writes,
  };
}

type Description = { name: string; fields: { name: string; dataTypeID: number }[] };

const SYNC = serialize.sync();
const EXECUTE = serialize.execute({});
const [DATA_ROW, COMMAND_COMPLETE, ERROR] = ['D', 'C', 'E'].map(letter => letter.charCodeAt(0));

/** The usual way to read them, for what is rare. */
function parse(bytes: Buffer): { name: string }[] {
  const answers: { name: string }[] = [];
  new protocol.Parser().parse(bytes, answer => answers.push(answer));
  const error = answers.find(answer => answer.name === 'error');
  if (error) throw error as unknown as Error;
  return answers;
}

function read(bytes: Buffer, columns: readonly Column[]): ReturnType<Session['run']> {
  const rows: Record<string, unknown>[] = [];
  let affected: bigint | undefined;
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const kind = bytes[at];
    if (kind === ERROR) parse(bytes);
    else if (kind === DATA_ROW) rows.push(rowOf(bytes, at + 7, columns));
    else if (kind === COMMAND_COMPLETE) {
      const tag = bytes.toString('latin1', at + 5, at + bytes.readInt32BE(at + 1));
      const count = Number(tag.slice(tag.lastIndexOf(' ') + 1));
      if (!Number.isNaN(count)) affected = BigInt(count);
    }
  }
  return { rows: rows as never[], ...(affected !== undefined && { numAffectedRows: affected }) };
}

function rowOf(bytes: Buffer, from: number, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = from;
  for (const { name, read: readText } of columns) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row[name] = length < 0 ? null : readText(bytes.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return row;
}

/** By the numbers of Postgres's types. */
const READERS: Record<number, (text: string) => unknown> = {
  16: text => text === 't',
  20: Number,
  21: Number,
  23: Number,
  1184: text => new Date(text),
  3802: text => JSON.parse(text) as unknown,
};

const written = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
};
