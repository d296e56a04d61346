/**
 * Runs a program once more, in the checked build and with the watch loaded before everything else, in this thread and in every worker.
 */
import { spawn } from 'node:child_process'

const CONDITION = '--conditions=checked'
const BROKE = 3

/** True if the process was started so: by `again`. */
export function isPrepared(self: string): boolean {
  return process.execArgv.includes(CONDITION) && process.execArgv.includes(`--import=${self}`)
}

/** Runs it, and ends this process as it ended. Never returns. */
export async function again(self: string): Promise<never> {
  const kept = process.execArgv.filter((arg) => arg !== CONDITION)
  const args = [...kept, CONDITION, `--import=${self}`, ...process.argv.slice(1)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  return new Promise<never>(() => {
    child.on('error', () => process.exit(BROKE))
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? BROKE)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })
}
