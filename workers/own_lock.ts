/** A thread of a torture of a user's lock. */
import { parentPort, workerData } from 'node:worker_threads'
import { toldOf } from '../src/define/brought.ts'
import type { OwnThread } from '../src/torture/own/control.ts'
import { runThread } from '../src/torture/own/thread.ts'

const given = workerData as OwnThread
try {
  await runThread(given)
} catch (error) {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  parentPort?.postMessage(toldOf(stack, [{ kind: 'lock', url: given.url }]))
}
