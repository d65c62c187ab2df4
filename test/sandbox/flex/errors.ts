/** A refusal by Flex, in its error codes. */
export class FlexRefusal extends Error {
  override name = 'FlexRefusal';
  readonly status: number;
  readonly code: string;
  readonly details: {
    source?: { path: string[]; type: 'body' | 'query' };
    meta?: Record<string, unknown>;
    details?: string;
  };

  constructor(status: number, code: string, title: string, details: FlexRefusal['details'] = {}) {
    super(title);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const conflict = (code: string, title: string) => new FlexRefusal(409, code, title);

export const forbidden = (details: string) => new FlexRefusal(403, 'forbidden', 'Forbidden', { details });

export const notFound = (what: string) =>
  new FlexRefusal(404, 'not-found', 'Not found', { details: `${what} not found` });

export const missingKey = (path: string[], type: 'body' | 'query' = 'body') =>
  new FlexRefusal(400, 'validation-missing-key', 'Missing required key', { source: { path, type } });

export const invalidValue = (path: string[], details: string, type: 'body' | 'query' = 'body') =>
  new FlexRefusal(400, 'validation-invalid-value', 'Invalid value', { details, source: { path, type } });

/** Two parameters of which a request may have one. */
export function excludeEachOther(
  query: (name: string) => string | undefined,
  one: string,
  other: string,
): void {
  if (query(one) === undefined || query(other) === undefined) return;
  throw new FlexRefusal(400, 'validation-invalid-params', `${one} and ${other} exclude each other`, {
    source: { path: [one], type: 'query' },
  });
}

export const disallowedKey = (path: string[], type: 'body' | 'query') =>
  new FlexRefusal(400, 'validation-disallowed-key', 'Disallowed key', { source: { path, type } });
