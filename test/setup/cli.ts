import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line; resolves when the process is gone, with all of its threads. */
export function lockstorm(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [main, ...args])
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', (data: Buffer) => (out.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (out.stderr += data.toString()))
    child.on('close', (code) => {
      done({ code, ...out })
    })
  })
}

/** Runs the command line and sends it a signal once its output matches `ready`. */
export function interrupted(ready: RegExp, signal: NodeJS.Signals, ...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [main, ...args])
    const out = { stdout: '', stderr: '' }
    let sent = false
    child.stdout.on('data', (data: Buffer) => {
      out.stdout += data.toString()
      if (!sent && ready.test(out.stdout)) sent = child.kill(signal)
    })
    child.stderr.on('data', (data: Buffer) => (out.stderr += data.toString()))
    child.on('close', (code) => {
      done({ code, ...out })
    })
  })
}
