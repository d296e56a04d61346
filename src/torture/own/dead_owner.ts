/**
 * What becomes of a user's lock when a thread ends while it holds it: another thread then tries each way there is. No finding: a
 * lock need not survive that. It is told, since nothing else tells.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOf } from '../../define/brought.ts'
import type { Lock } from '../../define/lock.ts'
import { WorkerThread } from '../../machine/worker_thread.ts'
import type { DeadOwner } from '../../results/torture.ts'

const ENTRY = new URL('../../../workers/own_dead.js', import.meta.url)
const POLL_MS = 5
/** How long the heir may stand still before it is said to wait. */
const WAIT_MS = 1_000
/** What the heir gives lockFor. */
export const HEIR_MS = 50

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

const SAID: Readonly<Record<number, string>> = {
  [BEGUN]: `still waits after ${WAIT_MS / 1000} s`,
  [REFUSED]: 'gives up',
  [TAKEN]: 'takes the lock',
  [THREW]: 'throws',
}

/** Tries it. Undefined if the owner itself does not get the lock. */
export async function deadOwner(lock: Lock): Promise<DeadOwner | undefined> {
  const control = new Int32Array(new SharedArrayBuffer(64))
  const memory = new SharedArrayBuffer(4 * lock.words)
  const run = async (heir: boolean, state: () => number): Promise<void> => {
    const url = filesOf('lock', [lock.name])[0]?.url ?? ''
    const given: DeadThread = { url, lock: lock.name, heir, memory, control: control.buffer }
    const thread = new WorkerThread({ entry: ENTRY, inherits: true })
    await ended(thread.run<void>(given), state)
    await thread.end()
  }
  await run(false, () => Atomics.load(control, OWNS))
  if (Atomics.load(control, OWNS) !== TAKEN) return undefined
  await run(true, () => WAYS.reduce((sum, _, i) => sum * 8 + Atomics.load(control, 1 + i), 0))
  const said = WAYS.map((way, i) => [way, SAID[Atomics.load(control, 1 + i)] ?? ''] as const)
  return Object.fromEntries(said.filter(([, what]) => what !== ''))
}

/** Until the thread has done its job, or nothing has changed for so long. */
async function ended(running: Promise<void>, state: () => number): Promise<void> {
  const job = { over: false }
  void running
    .catch(() => {})
    .finally(() => {
      job.over = true
    })
  let seen = state()
  let since = performance.now()
  while (!job.over) {
    await sleep(POLL_MS)
    const now = state()
    // A thread that has not begun starts: a busy machine takes its time.
    if (now !== seen || now === 0) since = performance.now()
    if (performance.now() - since > WAIT_MS) break
    seen = now
  }
}

/** In a line. */
export function deadOwnerText(found: DeadOwner): string {
  const ways = Object.entries(found).map(([way, what]) => `${way} ${what}`)
  return `--- Dead owner: a thread ended while it had the lock; for another, ${ways.join(', ')}`
}
