/**
 * What robust locks have in common: what a thread does that takes a lock whose owner has ended, and waiting without blocking in
 * slices, since nobody tells of an end.
 */
import { bind, unbind } from '#access'
import { NSEC_PER_MSEC } from '../../../base/constants.ts'
import { ENOTRECOVERABLE, EOWNERDEAD } from '../../../base/errno.ts'
import { OwnerDiedError, UnrecoverableError } from '../../../base/sync_error.ts'
import type { Way } from '../../waiter.ts'

/** Repairs, under the lock, what a thread left half done that ended inside. If it throws, the lock is given up for ever. */
export type Repair = () => void

/** First pause between two looks of an asynchronous waiter; each is twice as long, up to the longest. */
const FIRST_MS = 10
const LONGEST_MS = 1000

/** The error of a lock that was given up. */
export function unrecoverable(where: string, what: string): UnrecoverableError {
  return new UnrecoverableError(
    `${where}: the ${what} was given up, since a thread ended inside and nobody repaired what it left`,
  )
}

/**
 * Repairs under a lock that has been inherited, or gives it up and throws. The memory is not bound meanwhile.
 * @param giveUp gives the lock up; called with the memory bound
 */
export function inherited(
  where: string,
  what: string,
  repair: Repair | undefined,
  view: Int32Array,
  giveUp: () => void,
): void {
  unbind()
  try {
    if (repair === undefined) {
      throw new OwnerDiedError(
        `${where}: the thread that held the ${what} has ended inside, and \`repair\` is not set: the lock is given up`,
      )
    }
    repair()
  } catch (error) {
    bind(view)
    giveUp()
    unbind()
    throw error
  }
}

/** True if a robust lock has been taken: then the caller repairs if it was -EOWNERDEAD. Throws if it was given up. */
export function taken(result: number, where: string, what: string): boolean {
  if (result === -ENOTRECOVERABLE) {
    unbind()
    throw unrecoverable(where, what)
  }
  return result === 0 || result === -EOWNERDEAD
}

/**
 * A way whose sleeps last until the change, a nudge, or a while, after which it looks whether somebody has ended.
 * @param look what a waiter does that has waited for `waitedNs`; with the memory bound
 */
export function inSlices(view: Int32Array, way: Way, look: (waitedNs: number) => void): Way {
  const since = performance.now()
  let pauseMs = FIRST_MS
  return {
    ...way,
    async sleep(waiter, change) {
      let expired = false
      const timer = setTimeout(() => {
        expired = true
        waiter.nudge()
      }, pauseMs)
      await waiter.asleep(change)
      clearTimeout(timer)
      if (!expired || waiter.ended) return
      bind(view)
      look((performance.now() - since) * NSEC_PER_MSEC)
      unbind()
      pauseMs = Math.min(2 * pauseMs, LONGEST_MS)
    },
  }
}
