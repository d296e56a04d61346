/** What the bodies for ww_mutex and their tests agree on. */

/** Bits of `rounds`: the lock is tried for; under a context; no nap between looks; who must back off does, and goes on. */
export const TRY = 1
export const CTX = 2
export const SPIN = 4
export const RESOLVE = 8

/** Where the words of a world hold many locks, what each of them guards, and how many a stress works on. */
export const LOCKS = 512
export const GUARDED = 256
export const STRESS_LOCKS = 16
