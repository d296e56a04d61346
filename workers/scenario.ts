/**
 * A worker of the scenarios' crew: does the jobs that the main thread posts, one after the other.
 */
import { parentPort } from 'node:worker_threads'
import { doJob, type Job } from '../src/scenarios/engine/cpu.ts'

parentPort?.on('message', (job: Job) => {
  doJob(job).then(
    (done) => parentPort?.postMessage({ done }),
    (error: unknown) => parentPort?.postMessage({ error: (error as Error).stack ?? String(error) }),
  )
})
