/** The time functions of a process file. */
import { isKeyword, isMap, type Edn } from './edn.ts';
import { refuse, show } from './problem.ts';
import type { TimeExpression } from './process.ts';
import { parsePeriod } from './time.ts';

/** What each point in time refers to besides itself. */
const points: Record<string, 'nothing' | 'state' | 'transition'> = {
  ':time/tx-initiated': 'nothing',
  ':time/first-entered-state': 'state',
  ':time/last-entered-state': 'state',
  ':time/first-transitioned': 'transition',
  ':time/booking-start': 'nothing',
  ':time/booking-end': 'nothing',
  ':time/booking-display-start': 'nothing',
  ':time/booking-display-end': 'nothing',
};

export function readTime(value: Edn, owner: object, place: string): TimeExpression {
  const part = isMap(value) ? value : refuse(owner, place, `${show(value)} is not a time function`);
  const entries = Object.entries(part);
  if (entries.length !== 1) return refuse(part, place, 'a time is a map of one time function');
  const [name, args] = entries[0]!;
  if (!Array.isArray(args)) return refuse(part, place, `:${name} needs its arguments in a vector`);
  const inner = (arg: Edn) => readTime(arg, part, place);
  switch (name) {
    case 'fn/timepoint':
      return readTimepoint(args, part, place);
    case 'fn/min':
      if (args.length === 0) return refuse(part, place, ':fn/min needs one time or more');
      return { kind: 'min', of: args.map(inner) };
    case 'fn/plus':
    case 'fn/minus':
      if (args.length < 2) return refuse(part, place, `:${name} needs a time and one period or more`);
      return {
        kind: name === 'fn/plus' ? 'plus' : 'minus',
        base: inner(args[0]!),
        periods: args.slice(1).map(arg => readPeriod(arg, part, place)),
      };
    case 'fn/ignore-if-past':
      if (args.length !== 1) return refuse(part, place, ':fn/ignore-if-past needs one time');
      return { kind: 'ignore-if-past', of: inner(args[0]!) };
    default:
      return refuse(part, place, `:${name} is not a time function`);
  }
}

function readTimepoint(args: Edn[], part: object, place: string): TimeExpression {
  const [point, argument] = args;
  const refersTo = isKeyword(point) ? points[point] : undefined;
  if (!isKeyword(point) || refersTo === undefined)
    return refuse(part, place, `${show(point)} is not a point in time`);
  if (refersTo === 'nothing') {
    if (args.length > 1) return refuse(part, place, `${point} takes no argument`);
    return { kind: 'timepoint', point: point.slice(1), argument: null };
  }
  if (args.length !== 2 || !isKeyword(argument)) return refuse(part, place, `${point} needs a ${refersTo}`);
  return { kind: 'timepoint', point: point.slice(1), argument: argument.slice(1) };
}

function readPeriod(value: Edn, owner: object, place: string): string {
  const args = isMap(value) ? value['fn/period'] : undefined;
  const text = Array.isArray(args) && args.length === 1 ? args[0] : undefined;
  if (typeof text !== 'string' || !parsePeriod(text))
    return refuse(
      isMap(value) ? value : owner,
      place,
      'a period must be {:fn/period ["<ISO 8601 duration>"]}',
    );
  return text;
}
