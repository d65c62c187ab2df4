/** Something the service needs to do its work; `reason` says what is wrong when it is not there. */
export type ReadinessCheck = { name: string; check: () => { ok: true } | { ok: false; reason: string } };
