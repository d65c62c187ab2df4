/** Tables as wide as the terminal, and colour where there is one. */
import { styleText } from 'node:util';
import Table from 'cli-table3';

type Style = 'green' | 'red' | 'yellow' | 'bold' | 'dim';

/** Plain where standard output is no terminal, or NO_COLOR is set. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

const border = {
  chars: { mid: '─', 'left-mid': '├', 'mid-mid': '┼', 'right-mid': '┤' },
  style: { head: [], border: [] },
};

const WIDEST = 120;
const BORDERS = 3;

/** The last column takes what the others leave. */
export function table(head: string[], rows: string[][], widths: number[]): string {
  const all = Math.min(process.stdout.columns || WIDEST, WIDEST);
  const rest = all - widths.reduce((sum, width) => sum + width, 0) - head.length - BORDERS;
  const made = new Table({
    ...border,
    ...(head.some(Boolean) && { head }),
    colWidths: [...widths, Math.max(rest, 30)],
    wordWrap: true,
  });
  made.push(...rows);
  return made.toString();
}

export const verdictText = (verdict: 'fine' | 'wrong' | 'inconclusive'): string =>
  paint({ fine: 'green', wrong: 'red', inconclusive: 'yellow' }[verdict] as Style, verdict);
