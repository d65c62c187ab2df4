/** One thing that was looked at. */
export type Line = {
  name: string;
  state: 'good' | 'bad' | 'unknown';
  /** What was found; never a secret. */
  says: string;
  /** What to do, where it is not good. */
  mend: string | null;
  /** Without it the service works all the same: it never fails the command. */
  optional: boolean;
};

type More = { mend?: string; optional?: boolean };

const line =
  (state: Line['state']) =>
  (name: string, says: string, { mend, optional = false }: More = {}): Line => ({
    name,
    state,
    says,
    mend: mend ?? null,
    optional,
  });

export const good = line('good');
export const bad = line('bad');
export const unknown = line('unknown');
