/** The part of transit-js that the sandbox uses. */
declare module 'transit-js' {
  type Handler = unknown;
  export type Reader = { read(text: string): unknown };
  export type Writer = { write(value: unknown): string };
  const transit: {
    reader(type: 'json', options: unknown): Reader;
    writer(type: 'json' | 'json-verbose', options: unknown): Writer;
    keyword(name: string): unknown;
    map(entries?: unknown[]): Map<unknown, unknown>;
    makeWriteHandler(handler: {
      tag: (value: never) => string;
      rep: (value: never) => unknown;
      stringRep?: (value: never) => string;
    }): Handler;
  };
  export default transit;
}
