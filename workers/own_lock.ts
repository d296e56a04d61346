/** A thread of a torture of a user's lock. Its job gives what it threw as text, '' if nothing. */
import { toldOf } from '../src/define/brought.ts'
import type { OwnThread } from '../src/torture/own/control.ts'
import { runThread } from '../src/torture/own/thread.ts'

export default async function job(given: OwnThread): Promise<string> {
  try {
    await runThread(given)
    return ''
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return toldOf(stack, [given])
  }
}
