/**
 * A thread of a torture of a user's lock. Its job gives what it threw as text, '' if nothing. A promise that it has left rejected
 * ends the thread before the job has ended.
 */
import { setImmediate } from 'node:timers/promises'
import { toldOf } from '../src/define/brought.ts'
import type { OwnThread } from '../src/torture/own/control.ts'
import { runThread } from '../src/torture/own/thread.ts'

export default async function job(given: OwnThread): Promise<string> {
  try {
    await runThread(given)
    await setImmediate()
    return ''
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return toldOf(stack, [given])
  }
}
