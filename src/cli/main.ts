#!/usr/bin/env node
/**
 * lockstorm: understands the command line, runs the command, and sets the exit code.
 *
 * Exit codes   0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted with nothing found.
 */
import { NotCheckedError } from '../machine/checked.ts'
import { whenPublished } from '../machine/published.ts'
import { TheirsBroke } from '../define/brought.ts'
import type { Run } from './command.ts'
import { asked } from './command_line.ts'
import { Interrupt } from './interrupt.ts'
import { Session } from './session.ts'
import { UsageError } from './usage.ts'

const FINDING = 1
const BAD_USAGE = 2
const BROKE = 3

let session: Session | undefined

// Help, too, may be read by `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (session !== undefined) session.lost(error)
  else process.exit(error.code === 'EPIPE' ? 0 : BROKE)
})

/** Lets `lockstorm top` look at the machines of this run. */
async function offer(command: string, words: readonly string[]): Promise<void> {
  if (process.env['LOCKSTORM_TOP'] === 'off') return
  const { serveRuns } = await import('../top/serve.ts')
  serveRuns(command, words)
}

async function lockstorm(words: readonly string[], interrupt: Interrupt): Promise<number> {
  const what = await asked(words)
  if (what === undefined) return 0
  const { spec, operands, values, rest } = what
  session = new Session(spec.name, values, interrupt)
  whenPublished(() => {
    void offer(spec.name, words.slice(1))
  })
  try {
    const [file, name] = spec.runs
    const url = new URL(`./${file}.js`, import.meta.url)
    const module = (await import(url.href)) as Readonly<Record<string, Run<typeof values>>>
    const run = module[name] as Run<typeof values>
    return await session.end(await run(session, operands, values, rest))
  } finally {
    session.progress.end()
  }
}

/** The user can mend it, by other words or another way of starting. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof UsageError || error instanceof NotCheckedError

/** What ended the run, in one line; a stack where it is the tool's own fault. */
function told(error: unknown): string {
  if (isRefusal(error) || error instanceof TheirsBroke) return error.message.split('\n').join(' ')
  const { syscall, message, stack } = error as NodeJS.ErrnoException
  return syscall === undefined ? (stack ?? String(error)) : message
}

const interrupt = new Interrupt()
try {
  process.exitCode = await lockstorm(process.argv.slice(2), interrupt)
} catch (error) {
  process.stderr.write(`lockstorm: ${told(error)}\n`)
  process.exitCode = error instanceof TheirsBroke ? FINDING : isRefusal(error) ? BAD_USAGE : BROKE
}
interrupt.end()
