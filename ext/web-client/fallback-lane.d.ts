type Edge = [transition: string, before: string | null, after: string];

type Graph = {
  initial: string;
  states: Record<string, { on?: Record<string, string>; type?: string }>;
};

type LaneTransaction = {
  attributes: {
    processName: string;
    lastTransition: string;
    transitions?: { transition: string }[];
  };
};

export const fallbackLane: Record<string, Edge[]>;
export function withFallbackLane<G extends Graph>(graph: G, processName: string): G;
export function isInFallback(transaction: LaneTransaction): boolean;
export function transitionFor(transaction: LaneTransaction, transition: string): string;
export function shownAs(transition: string): string;
