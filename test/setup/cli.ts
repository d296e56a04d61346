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
