/** The web client's part of the lane, against the process files and a graph as the template has it. */
import path from 'node:path';
import {
  fallbackLane,
  isInFallback,
  shownAs,
  transitionFor,
  withFallbackLane,
} from '../../ext/web-client/fallback-lane.js';
import { isLaneState, leavesLane } from '../../server/domain/lane.ts';
import type { Process } from '../../server/domain/process.ts';
import { loadProcesses } from '../../server/flex/process-files.ts';

const { processes } = loadProcesses(path.join(import.meta.dirname, '../../ext/transaction-processes'));

/** The template's client writes one state with one l less. */
const clientState = (state: string) => state.replace('state/', '').replace('cancelled', 'canceled');

/** What the template's client has without the lane. */
function graphOf(process: Process) {
  const normal = [...process.transitions.values()].filter(
    ({ from, to }) => !isLaneState(from) && !isLaneState(to),
  );
  const names = ['initial', ...new Set(normal.map(({ to }) => clientState(to)))];
  return {
    id: process.name,
    initial: 'initial',
    states: Object.fromEntries(
      names.map(name => [
        name,
        {
          on: Object.fromEntries(
            normal
              .filter(({ from }) => (from === null ? 'initial' : clientState(from)) === name)
              .map(transition => [transition.name, clientState(transition.to)]),
          ),
        },
      ]),
    ),
  };
}

const order = (lastTransition: string, ...before: string[]) => ({
  attributes: {
    processName: 'default-booking',
    lastTransition,
    transitions: [...before, lastTransition].map(transition => ({ transition })),
  },
});

describe.each(['default-booking', 'default-purchase'])('%s', name => {
  const process = processes.get(name)!;
  const ofLane = [...process.transitions.values()].filter(
    ({ from, to }) => isLaneState(from) || isLaneState(to),
  );

  it('has all of the lane’s transitions, and no others', () => {
    expect(fallbackLane[name]!.map(([transition]) => transition).toSorted()).toEqual(
      ofLane.map(transition => transition.name).toSorted(),
    );
  });

  it('leads where the process does, where the lane ends', () => {
    const ends = ofLane.filter(transition => leavesLane(transition) !== null);

    expect(ends.length).toBeGreaterThan(5);
    for (const { name: transition, to } of ends)
      expect([transition, fallbackLane[name]!.find(([known]) => known === transition)![2]]).toEqual([
        transition,
        clientState(to),
      ]);
  });

  it('shows one state of the client for one of the lane', () => {
    const shown = new Map<string, Set<string>>();
    for (const { name: transition, from, to } of ofLane) {
      const [, before, after] = fallbackLane[name]!.find(([known]) => known === transition)!;
      const states = [
        [from, before],
        [to, after],
      ] as const;
      for (const [state, client] of states)
        if (isLaneState(state)) shown.set(state!, (shown.get(state!) ?? new Set()).add(client!));
    }

    expect([...shown.values()].filter(clients => clients.size !== 1)).toEqual([]);
  });

  it('is merged into a graph, which is left as it was', () => {
    const graph = graphOf(process);
    const before = structuredClone(graph);

    const merged = withFallbackLane(graph, name);

    expect(graph).toEqual(before);
    expect(merged.states['initial']!.on).toEqual({
      ...before.states['initial']!.on,
      'transition/request-payment-fallback': 'pending-payment',
    });
    for (const [transition, from, to] of fallbackLane[name]!)
      expect(merged.states[from ?? 'initial']!.on[transition]).toBe(to);
  });
});

it('leaves the graph of another process alone, and refuses one with other states', () => {
  const graph = graphOf(processes.get('default-download')!);

  expect(withFallbackLane(graph, 'default-download')).toEqual(graph);
  expect(() => withFallbackLane(graph, 'default-booking')).toThrow(
    'The graph of default-booking has no state preauthorized: see transition/confirm-payment-fallback',
  );
});

it.each([
  [
    'transition/accept',
    order('transition/confirm-payment', 'transition/request-payment'),
    'transition/accept',
  ],
  [
    'transition/accept',
    order('transition/confirm-payment-fallback', 'transition/request-payment', 'transition/enter-fallback'),
    'transition/accept-fallback',
  ],
  [
    'transition/review-1-by-customer',
    order('transition/complete-fallback', 'transition/captured-fallback'),
    'transition/review-1-by-customer',
  ],
])('%s of %j is made by %s', (asked, transaction, made) => {
  expect(transitionFor(transaction, asked)).toBe(made);
});

it('knows an order that is carried by the fallback by any of its transitions, or its last', () => {
  expect(isInFallback(order('transition/review-1-by-customer', 'transition/complete-fallback'))).toBe(true);
  expect(
    isInFallback({ attributes: { processName: 'p', lastTransition: 'transition/accept-fallback' } }),
  ).toBe(true);
  expect(isInFallback(order('transition/accept'))).toBe(false);
});

it.each([
  ['transition/accept', 'transition/accept'],
  ['transition/accept-fallback', 'transition/accept'],
  ['transition/capture-failed-fallback', 'transition/decline'],
  ['transition/operator-expire-payment-fallback', 'transition/expire-payment'],
])('%s is shown as %s', (transition, shown) => {
  expect(shownAs(transition)).toBe(shown);
});
