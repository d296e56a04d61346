/** A CPU of a machine that somebody sits at: its first job is to come up, every further one a word. */
import { bootLiveCpu, obey, type LiveCpuData, type LiveEnding, type LiveOrder } from '../src/live/cpu.ts'
import type { Telling } from '../src/machine/worker_thread.ts'

export default function job(given: Telling<LiveCpuData> | Telling<LiveOrder>): LiveEnding | void {
  return 'word' in given ? obey(given) : bootLiveCpu(given)
}
