/**
 * Whether threads of this process sleep, as the system sees it: then none of them has been woken that has not run yet, however busy the
 * computer is.
 *
 * Proof     each of them slept at both looks, and its counts of switches say that it did not run in between: so all slept at once.
 * Context   Linux. Elsewhere nothing tells, and it is taken for granted.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

const SLEEPS = /^State:\tS/m
const SWITCHES = /^(?:non)?voluntary_ctxt_switches:.*$/gm

/** The system's number of the thread that asks; 0: it tells none. */
export function ownThread(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')))
  } catch {
    return 0
  }
}

/** How often each has run so far; undefined if one runs, wants to, or is gone. */
function look(threads: readonly number[]): string | undefined {
  const seen: string[] = []
  for (const thread of threads) {
    const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8')
    if (!SLEEPS.test(status)) return undefined
    seen.push(...(status.match(SWITCHES) ?? []))
  }
  return seen.join()
}

/** See the head of this file. @param threads as `ownThread` has told them */
export function allSleep(threads: readonly number[]): boolean {
  const known = threads.filter((thread) => thread !== 0)
  try {
    const first = look(known)
    return first !== undefined && first === look(known)
  } catch {
    return false
  }
}
