/**
 * A core of the explorer: does one job after the other. For models it runs the checked build.
 */
import { listenForClosing } from '../src/explore/closing.ts'
import type { Broke, CoreJob } from '../src/explore/crew.ts'
import { RefusedError } from '../src/explore/helper/refused.ts'
import { doJob } from '../src/explore/job.ts'
import type { Telling } from '../src/machine/worker_thread.ts'

export default async function job({
  job,
  closing,
  port,
}: Telling<CoreJob>): Promise<{ done: unknown } | Broke> {
  listenForClosing(closing)
  try {
    return { done: await doJob(job, (parts) => port.postMessage(parts)) }
  } catch (error) {
    if (error instanceof RefusedError) return { error: error.message, refused: error.code }
    return { error: (error as Error).stack ?? String(error) }
  }
}
