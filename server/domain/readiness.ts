/** Something the service needs to do its work; `reason` says what is wrong when it is not there. */
export type ReadinessCheck = {
  name: string;
  /** The service can serve without it, if not as well. */
  isOptional?: true;
  check: () => { ok: true } | { ok: false; reason: string };
};
