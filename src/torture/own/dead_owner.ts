/**
 * What becomes of a user's lock when a thread ends while it holds it: another thread then tries each way there is.
 *
 * Finding  lockFor that never gives up. That the others wait is none: a lock need not survive the end of its owner. It is told, since
 *          nothing else tells.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOf } from '../../define/brought.ts'
import type { Lock } from '../../define/lock.ts'
import { WorkerThread } from '../../machine/worker_thread.ts'
import type { DeadOwner } from '../../results/torture.ts'
import { RunningClock } from '../running_clock.ts'

const ENTRY = new URL('../../../workers/own_dead.js', import.meta.url)
const POLL_MS = 5
/** How long the heir may stand still before it is said to wait. */
const WAIT_MS = 1_000
/** What the heir gives lockFor, and how long it may stand there: on a busy machine it wakes up late. */
export const HEIR_MS = 50
const LATE_MS = 5_000

/** Words that main and the two threads share: one for the owner, one for each way. */
export const OWNS = 0
export const WAYS = ['tryLock', 'lockFor', 'lock'] as const
/** State of a way: not there or not begun, in the call, or how it ended. */
export const BEGUN = 1
export const REFUSED = 2
export const TAKEN = 3
export const THREW = 4

/** Handed to either thread. */
export interface DeadThread {
  readonly url: string
  readonly lock: string
  readonly heir: boolean
  readonly memory: SharedArrayBuffer
  readonly control: SharedArrayBuffer
}

const limitOf = (way: string | undefined): number => (way === 'lockFor' ? LATE_MS : WAIT_MS)

const SAID: Readonly<Record<number, string>> = {
  [REFUSED]: 'gives up',
  [TAKEN]: 'takes the lock',
  [THREW]: 'throws',
}

/** Tries it. Undefined if the owner itself does not get the lock. */
export async function deadOwner(lock: Lock): Promise<DeadOwner | undefined> {
  const control = new Int32Array(new SharedArrayBuffer(64))
  const memory = new SharedArrayBuffer(4 * lock.words)
  const stateOf = (at: number): number => Atomics.load(control, at)
  const run = async (heir: boolean, states: () => readonly number[]): Promise<void> => {
    const url = filesOf('lock', [lock.name])[0]?.url ?? ''
    const given: DeadThread = { url, lock: lock.name, heir, memory, control: control.buffer }
    const thread = new WorkerThread({ entry: ENTRY, inherits: true })
    await ended(thread.run<void>(given), states)
    await thread.end()
  }
  await run(false, () => [stateOf(OWNS)])
  if (stateOf(OWNS) !== TAKEN) return undefined
  const states = (): number[] => WAYS.map((_, i) => stateOf(1 + i))
  await run(true, states)
  const said = states().map((state, i) => {
    const way = WAYS[i] as (typeof WAYS)[number]
    return [
      way,
      state === BEGUN ? `still waits after ${limitOf(way) / 1000} s` : (SAID[state] ?? ''),
    ] as const
  })
  return Object.fromEntries(said.filter(([, what]) => what !== ''))
}

/** Until the thread has done its job, or stands in one way for longer than that may take. */
async function ended(running: Promise<void>, states: () => readonly number[]): Promise<void> {
  const job = { over: false }
  void running
    .catch(() => {})
    .finally(() => {
      job.over = true
    })
  const clock = new RunningClock()
  let seen = ''
  let since = 0
  while (!job.over) {
    await sleep(POLL_MS)
    const now = states()
    const at = now.indexOf(BEGUN)
    // A thread that has not begun starts: a busy machine takes its time.
    if (at < 0 || now.join() !== seen) since = clock.now()
    if (clock.now() - since > limitOf(now.length > 1 ? WAYS[at] : '')) break
    seen = now.join()
  }
}

/** What is wrong with it; '' if nothing is. */
export function deadOwnerFault(found: DeadOwner | undefined): string {
  if (found?.['lockFor']?.startsWith('still waits') !== true) return ''
  return `lockFor ignores its time-out: given ${HEIR_MS} ms, it ${found['lockFor']}`
}

/** In a line. */
export function deadOwnerText(found: DeadOwner): string {
  const ways = Object.entries(found).map(([way, what]) => `${way} ${what}`)
  return `--- Dead owner: a thread ended while it had the lock; for another, ${ways.join(', ')}`
}
