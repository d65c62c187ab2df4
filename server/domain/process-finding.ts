export type ProcessFinding = {
  level: 'ok' | 'note' | 'wrong';
  /** null for what is about the process as a whole. */
  transition: string | null;
  what: string;
  why: string;
};

export const finding = (
  level: ProcessFinding['level'],
  transition: string | null,
  what: string,
  why: string,
): ProcessFinding => ({ level, transition, what, why });
