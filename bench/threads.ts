/** The threads of a crew. In a page, page_threads.ts stands in the place of this file. */
import { WorkerThread } from '../src/machine/worker_thread.ts'
import type { CrewData, CrewThread } from './control.ts'

const entry = new URL('../workers/bench.js', import.meta.url)

/** Starts one. */
export function startThread(data: CrewData): CrewThread {
  const thread = new WorkerThread({ entry })
  return { served: thread.run(data), end: () => thread.end() }
}
