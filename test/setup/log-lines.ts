/** A place for the log to go where a test can read it. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

export function collectLog() {
  const raw: string[] = [];
  return {
    destination: { write: (line: string) => void raw.push(line) },
    /** Everything that was written, as it was written. */
    text: () => raw.join(''),
    lines: () => raw.map(line => JSON.parse(line) as LogLine),
    clear: () => {
      raw.length = 0;
    },
  };
}
