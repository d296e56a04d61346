/**
 * A core of the explorer: does the jobs that are posted, one after the other. It runs the checked build.
 */
import { parentPort } from 'node:worker_threads'
import { doJob } from '../src/explore/job.ts'
import type { Job } from '../src/explore/jobs.ts'

const port = parentPort
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
