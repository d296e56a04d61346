/**
 * What the explorer throws when it cannot judge a program: it is no finding against the program, and never a verdict.
 */

/** Why an exploration was refused. */
export type RefusalCode =
  /** A field or option that does not exist, or a value that it does not take. */
  | 'ERR_EXPLORE_BAD_PROGRAM'
  /** The bodies use something that the explorer cannot run. */
  | 'ERR_EXPLORE_UNSUPPORTED'
  /** A body has reached the memory in a way that the explorer does not see. */
  | 'ERR_EXPLORE_UNSEEN'
  /** No body has touched the memory: there was nothing to explore. */
  | 'ERR_EXPLORE_NOTHING_TOUCHED'
  /** The same schedule did different things. */
  | 'ERR_EXPLORE_NONDETERMINISM'
  /** A body has swallowed what the explorer throws to stop it, or never came to an end. */
  | 'ERR_EXPLORE_SWALLOWED'
  /** A file to be replayed is none, cannot be read, or is about another program. */
  | 'ERR_EXPLORE_BAD_ARTEFACT'

/** The program cannot be explored. The message says what is in the way and what to do instead. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError'
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What async bodies may wait for: the end of what is said of those that wait for something else. */
export const MAY_WAIT =
  'bodies may wait for Atomics.waitAsync, the global setTimeout, messages and promises of their own'

/** What is said of what a synchronous body starts, or the set-up or a check of this name. */
export function runsLater(what: string, aside = ''): string {
  if (aside !== '')
    return `${what} in ${aside} of the program: what it starts would run later, unseen. The set-up and the checks are synchronous`
  return `${what} in a synchronous exploration: what it starts would run after the body, unseen. Use exploreAsync, mustHoldAsync or mustExhaustAsync`
}

/** A RefusedError about something that the explorer cannot run. */
export function unsupported(message: string): RefusedError {
  return new RefusedError('ERR_EXPLORE_UNSUPPORTED', message)
}
