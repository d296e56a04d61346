/**
 * Explores a program of a user's lock, or runs a schedule of it again, where it cannot hold up the command line. A promise that the
 * lock has left rejected ends the thread before the job has ended.
 */
import { setImmediate } from 'node:timers/promises'
import { broughtNamed } from '../src/define/brought.ts'
import { loadFile } from '../src/define/load.ts'
import type { Lock } from '../src/define/lock.ts'
import {
  AwaitingError,
  type AwaitingLock,
  judgeLock,
  lockPrograms,
  type LockJob,
  type LockProgram,
  type LockVerdict,
} from '../src/explore/own_lock.ts'
import type { Replayed } from '../src/explore/explore.ts'
import { standIn } from '../src/explore/helper/taken_out.ts'

// Before the file is loaded: it may take functions out of Atomics.
standIn()

export default async function job(given: LockJob): Promise<LockVerdict | Replayed | AwaitingLock> {
  try {
    const verdict = await judged(given)
    await setImmediate()
    return verdict
  } catch (error) {
    if (error instanceof AwaitingError) return { awaits: error.message }
    throw error
  }
}

async function judged(job: LockJob): Promise<LockVerdict | Replayed> {
  await loadFile({ kind: 'lock', url: job.url })
  const all = lockPrograms(broughtNamed('lock', job.lock) as Lock)
  return judgeLock(all.find(({ name }) => name === job.program) as LockProgram, job)
}
