/** What an access is at the moment; a positive mode counts the log words still to be replayed. */

/** Accesses are events of the running CPU. */
export const LIVE = 0
/** Accesses go straight to memory: set-up, checks, detectors. */
export const DIRECT = -1
/** The engine has thrown; every access throws again. */
export const UNWINDING = -2
