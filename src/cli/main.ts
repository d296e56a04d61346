#!/usr/bin/env node
/**
 * lockstorm: runs the command line and sets the exit code.
 *
 * Exit codes   0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted with nothing found.
 */
import { Interrupt } from './interrupt.ts'
import { atExit, ended, leave } from './leave.ts'
import type { Session } from './session.ts'

const BROKE = 3

let session: Session | undefined

// Help, too, may be read by `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (session !== undefined) session.lost(error)
  else if (error.code === 'EPIPE') leave(0)
  else {
    process.stderr.write(`lockstorm: cannot write to stdout: ${error.message}\n`)
    leave(BROKE)
  }
})

// Before the rest is loaded: on a busy computer that takes seconds, and a Ctrl-C may come in the middle.
const interrupt = new Interrupt()
const { runLine, uncaught } = await import('./run_line.ts')
// Node's own exit code would be 1, which says that something was found.
process.on('uncaughtException', (error) => leave(uncaught(error)))
process.on('exit', atExit)
const code = await runLine(process.argv.slice(2), interrupt, (begun) => (session = begun))
interrupt.end()
ended(code)
