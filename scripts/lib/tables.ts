/** Tables as wide as the terminal, and colour where there is one. */
import { stripVTControlCharacters, styleText } from 'node:util';
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
const BORDERS = 2;
/** Of the last column. */
const NARROWEST = 20;
/** On both sides of a cell together. */
const PADDING = 2;
const LABEL = 17;

/** The last column takes what the others leave. Where they leave too little, each row is a table of its own. */
export function table(head: string[], rows: string[][], widths: number[]): string {
  const all = Math.min(process.stdout.columns || WIDEST, WIDEST);
  const rest = all - widths.reduce((sum, width) => sum + width, 0) - head.length - BORDERS;
  if (rest >= NARROWEST || head.length === 2)
    return drawn(head, rows, [...widths, Math.max(rest, NARROWEST)]);
  const labelled = rows.map(row => row.map((cell, place) => [head[place]!, cell]).filter(([, cell]) => cell));
  return labelled
    .map(cells => drawn(['', ''], cells, [LABEL, Math.max(all - LABEL - 2 - BORDERS, NARROWEST)]))
    .join('\n');
}

function drawn(head: string[], rows: string[][], colWidths: number[]): string {
  const made = new Table({
    ...border,
    ...(head.some(Boolean) && { head }),
    colWidths,
    wordWrap: true,
  });
  made.push(...rows.map(row => row.map((cell, place) => whole(cell, colWidths[place]! - PADDING))));
  return made.toString();
}

/** A word that is wider than its column goes on below; it would be cut off, and half an id or address is no use. */
const whole = (text: string, width: number): string =>
  text.replace(/\S+/g, word =>
    stripVTControlCharacters(word) === word && word.length > width
      ? word.match(new RegExp(`.{1,${width}}`, 'gu'))!.join('\n')
      : word,
  );

export const verdictText = (verdict: 'fine' | 'wrong' | 'inconclusive'): string =>
  paint({ fine: 'green', wrong: 'red', inconclusive: 'yellow' }[verdict] as Style, verdict);
