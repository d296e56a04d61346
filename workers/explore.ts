/**
 * A core of the explorer: does the jobs that are posted, one after the other. It runs the checked build.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { listenForClosing } from '../src/explore/closing.ts'
import { doJob } from '../src/explore/job.ts'
import type { Job } from '../src/explore/jobs.ts'

const port = parentPort
listenForClosing(workerData as Int32Array)

async function serve(job: Job): Promise<void> {
  const done = await doJob(job, (parts) => {
    port?.postMessage({ parts })
  })
  port?.postMessage({ done })
}

port?.on('message', (job: Job) => {
  serve(job).catch((error: unknown) => {
    port.postMessage({ error: (error as Error).stack ?? String(error) })
  })
})
