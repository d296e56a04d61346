/**
 * The programs of the system that mount and unmount: Node has no call for it.
 *
 * Context  main's event loop stays free: what they do may need an answer of the server threads.
 */
import { spawn, type StdioOptions } from 'node:child_process'

/** How a program ended. */
export interface Ended {
  /** −1: it could not be started. */
  readonly code: number
  /** What it wrote on stderr, in one line, without its own name. */
  readonly why: string
}

/**
 * Runs a program to its end.
 * @param extra file descriptors that it gets as 3 and following
 */
export function tool(name: string, args: readonly string[], extra: readonly number[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...extra]
    const child = spawn(name, [...args], { stdio, env: { ...process.env, LC_ALL: 'C' } })
    let text = ''
    child.stderr?.on('data', (data: Buffer) => (text += data.toString()))
    child.on('error', ({ message }) => resolve({ code: -1, why: `${name} cannot be run: ${message}` }))
    child.on('close', (code) => {
      const [line = ''] = text.trim().split('\n')
      resolve({ code: code ?? -1, why: line.replace(new RegExp(`^${name}: `), '') })
    })
  })
}
