/**
 * `--lockdep` and `--lock-stat`, the same for every command that takes them.
 *
 *   declare    lockFlags(command)
 *   plan       lockPlan(flags): what workers of the checked build install
 *   print      lockText(reports, tables) on stdout
 *
 * A command whose main thread runs kernel code too calls `inCheckedBuild` first: it runs the whole command once more, in the
 * checked build.
 */
import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { CHECKED } from '#access'
import type { DetectorPlan } from '../debug/detectors.ts'
import type { LockReport, LockStatTable } from '../results/locks.ts'

/** What commander hands over. */
export interface LockFlags {
  readonly lockdep?: boolean
  readonly lockStat?: boolean
}

/** Declares the flags. */
export function lockFlags(command: Command): Command {
  return command
    .option('--lockdep', 'checked build: validate the order of locks; a report is a finding (exit code 1)')
    .option('--lock-stat', 'checked build: print what locks cost, as /proc/lock_stat does')
}

/** The detectors that the flags ask for; undefined for none. */
export function lockPlan({ lockdep, lockStat }: LockFlags): DetectorPlan | undefined {
  if (lockdep !== true && lockStat !== true) return undefined
  return { ...(lockdep === true && { lockdep: true }), ...(lockStat === true && { lockStat: true }) }
}

/** Reports, then tables, each under the name of its machine; '' for neither. */
export async function lockText(
  reports: readonly LockReport[] = [],
  tables: readonly LockStatTable[] = [],
): Promise<string> {
  const { lockStatText } = await import('../debug/lock_stat/report.ts')
  const parts = [
    ...reports.map(({ machine, text }) => `${machine}:${text.startsWith('\n') ? '' : '\n'}${text}\n`),
    ...tables.map(({ machine, rows }) => `${machine}:\n${lockStatText(rows)}`),
  ]
  return parts.map((part) => `\n${part}\n`).join('')
}

/**
 * Runs this process's command line again in the checked build, unless this is it.
 * @returns true in the checked build: go on. False: it has been done elsewhere, and the exit code is set.
 */
export async function inCheckedBuild(): Promise<boolean> {
  if (CHECKED) return true
  const args = [...process.execArgv, '--conditions=checked', ...process.argv.slice(1)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  // Ctrl-C reaches both, SIGTERM only this one; the other ends as it sees fit.
  const patient = (): void => undefined
  const pass = (): void => void child.kill('SIGTERM')
  process.on('SIGINT', patient)
  process.on('SIGTERM', pass)
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve(code ?? 3)
    })
  })
  process.off('SIGINT', patient)
  process.off('SIGTERM', pass)
  return false
}
