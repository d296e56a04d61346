/**
 * `--lockdep` and `--lock-stat`, the same for every command that takes them: what workers of the checked build install.
 *
 * A command whose main thread runs kernel code too calls `inCheckedBuild` first: it runs the whole command once more, in the
 * checked build.
 */
import { CONDITION } from '../machine/worker_thread.ts'
import { spawn } from 'node:child_process'
import { CHECKED } from '#access'
import type { DetectorPlan } from '../debug/detectors.ts'
import type { Session } from './session.ts'

/** What the flags come to. */
export interface DetectorFlags {
  readonly lockdep: boolean
  readonly lockStat: boolean
}

const INTERRUPTED = 130

/** The detectors that the flags ask for; undefined for none. */
export function lockPlan({ lockdep, lockStat }: DetectorFlags): DetectorPlan | undefined {
  if (!lockdep && !lockStat) return undefined
  return { ...(lockdep && { lockdep: true }), ...(lockStat && { lockStat: true }) }
}

/**
 * Runs this process's command line again in the checked build, unless this is it.
 * @returns undefined in the checked build: go on. Else the exit code: it has been done elsewhere.
 */
export async function inCheckedBuild({ interrupt, progress }: Session): Promise<number | undefined> {
  if (CHECKED) return undefined
  if (interrupt.asked) return 0
  progress.end()
  const args = [...process.execArgv, CONDITION, ...process.argv.slice(1)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  // From a terminal Ctrl-C reaches both; what reaches only this one is passed on, and the other takes it once.
  const pass = (): void => void child.kill('SIGTERM')
  process.on('SIGINT', pass)
  process.on('SIGTERM', pass)
  // Only now: at no moment does a signal find nobody who listens.
  interrupt.end()
  if (interrupt.asked) pass()
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) =>
      resolve(status ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? INTERRUPTED : 3)),
    )
  })
  process.off('SIGINT', pass)
  process.off('SIGTERM', pass)
  return code
}
