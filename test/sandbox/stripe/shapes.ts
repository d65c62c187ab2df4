/** What belongs to an account, in one of its two modes. `created` in seconds, as all times here. */
export type Owned = { id: string; account: string; livemode: boolean; created: number };

/** An object as it stands in an answer. */
export type WireObject = Record<string, unknown>;
