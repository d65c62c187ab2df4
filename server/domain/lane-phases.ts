/** What the money is to do in each state that the lane leads through. */
import { isLaneState, LANE, LANE_STATES, leavesLane, type LanePhase } from './lane.ts';
import { finding, type ProcessFinding } from './process-finding.ts';
import type { Process, ProcessTransition } from './process.ts';

/** Walks the lane. A state that two ways reach with different money is a problem: the first phase is kept. */
export function phasesOf(process: Process): { phases: Map<string, LanePhase>; problems: ProcessFinding[] } {
  const phases = new Map<string, LanePhase>([[LANE_STATES.unpaid, 'unpaid']]);
  const problems: ProcessFinding[] = [];
  const all = [...process.transitions.values()];
  for (const [state, phase] of phases) {
    for (const transition of all.filter(({ from }) => from === state)) {
      const next = phaseAfter(transition, phase);
      const known = phases.get(transition.to);
      // A map grows while it is walked: each state is entered once.
      if (known === undefined) phases.set(transition.to, next);
      else if (known !== next)
        problems.push(
          finding(
            'wrong',
            transition.name,
            `${transition.to} can be reached with the money ${shown[known]}, and with it ${shown[next]}.`,
            'The state must say which: lead to another one.',
          ),
        );
    }
  }
  return { phases, problems };
}

const shown: Record<LanePhase, string> = {
  unpaid: 'not paid',
  authorised: 'held on the card',
  capturing: 'being taken',
  captured: 'taken',
  'given-back': 'given back',
  earned: 'earned',
};

function phaseAfter(transition: ProcessTransition, phase: LanePhase): LanePhase {
  const left = leavesLane(transition);
  if (left !== null) return left;
  if (!isLaneState(transition.to)) return phase;
  if (transition.to === LANE_STATES.capturing) return 'capturing';
  if (transition.name === LANE.captured) return 'captured';
  return phase === 'unpaid' && transition.to !== LANE_STATES.unpaid ? 'authorised' : phase;
}
