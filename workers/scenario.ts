/**
 * A thread of the scenarios' crew: does a job.
 */
import { doJob, type Job } from '../src/scenarios/engine/cpu.ts'

export default async function job(asked: Job): Promise<unknown> {
  try {
    return await doJob(asked)
  } catch (error) {
    // Of an error only message and stack arrive.
    const copy = new Error(String(error))
    copy.stack = (error as Error).stack ?? String(error)
    throw copy
  }
}
