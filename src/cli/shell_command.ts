/**
 * What `lockstorm shell` does: a person at a terminal, or a script.
 *
 * Ctrl-C    at a terminal a signal for what runs in front; in a script the end.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findings } from '../debug/findings.ts'
import { oops_count } from '../kernel/report.ts'
import type { LivePlan } from '../live/boot.ts'
import { onArena } from '../machine/on_arena.ts'
import { pageWidth, render, type Block } from '../report/page.ts'
import { environment } from '../results/environment.ts'
import { BUILTINS } from '../shell/builtins.ts'
import { sitDown } from '../shell/interactive.ts'
import { Exit, Shell } from '../shell/shell.ts'
import type { Terminal } from '../shell/terminal.ts'
import { COMMAND_NAMES } from './commands/index.ts'
import type { ShellFlags } from './commands/shell.ts'
import type { Session } from './session.ts'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
const BROKE = 3
const INTERRUPTED = 130
/** A shell in a shell would be another machine. */
const OTHERS = COMMAND_NAMES.filter((name) => name !== 'shell')

/** Another command, as a process of its own that has the terminal. */
async function lockstorm(words: readonly string[], isTerminal: boolean): Promise<number> {
  const stdio = [isTerminal ? 'inherit' : 'ignore', 'inherit', 'inherit'] as const
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...words], { stdio: [...stdio] })
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? INTERRUPTED
}

/** Where a script's lines come from. */
async function* linesOf(command: string | undefined, signal: AbortSignal): AsyncGenerator<string> {
  if (command !== undefined) yield* command.split('\n')
  else yield* createInterface({ input: process.stdin, signal })
}

/** Status of a script. The signal ends it wherever it is. */
async function runScript(shell: Shell, session: Session, flags: ShellFlags): Promise<number> {
  const { interrupt } = session
  const aborted = new Promise<undefined>((resolve) => {
    if (interrupt.asked) resolve(undefined)
    interrupt.signal.addEventListener('abort', () => resolve(undefined))
  })
  const lines = linesOf(flags.command, interrupt.signal)
  const script = async (): Promise<number> => {
    for await (const line of lines) {
      const status = await shell.run(line)
      if (interrupt.asked || (flags.errexit && status !== 0)) return status
    }
    return shell.status
  }
  const status = await Promise.race([script(), aborted])
  return status ?? 0
}

/** What a shell comes to, with what its kernel has found. */
function verdict(session: Session, shell: Shell, status: number): number {
  const { view } = shell.machine
  const reports = findings(view)
  const oopses = onArena(view, oops_count)
  session.keep({
    schema: 'lockstorm/shell@1',
    env: environment(),
    strategy: shell.machine.plan.strategy,
    lines: shell.history,
    status,
    oopses,
    reports,
  })
  if (oopses > 0) session.complain(`the kernel has oopsed (${oopses}); dmesg tells of it`)
  if (reports.length > 0)
    session.complain(`the lock validator has reported: ${reports.map(({ title }) => title).join('; ')}`)
  return status === 0 && oopses + reports.length > 0 ? 1 : status
}

/** Runs a shell. Returns the exit code. */
export async function shell(session: Session, _: readonly string[], flags: ShellFlags): Promise<number> {
  const { strategy, drivers, cpus, command } = flags
  const plan: LivePlan = { strategy, drivers, secondOrder: true, seed: 1 }
  const isTerminal = command === undefined && process.stdin.isTTY && process.stdout.isTTY
  const terminal: Terminal = {
    live: isTerminal,
    commands: OTHERS,
    out: (text) => session.text(text),
    show: (...blocks: readonly Block[]) =>
      session.text(render(blocks, { width: pageWidth(process.stdout.columns), colour: false })),
    err: (line) => process.stderr.write(`${line}\n`),
    lockstorm: (words) => lockstorm(words, isTerminal),
  }
  const opening = Shell.open(plan, cpus, terminal, BUILTINS)
  const made = await session.interrupt.unless(opening)
  if (made === undefined) {
    // Its workers would keep the process alive.
    const { machine } = await opening
    await machine.off()
    return 0
  }
  try {
    const status = isTerminal ? await sitDown(made, session.interrupt) : await runScript(made, session, flags)
    return verdict(session, made, status)
  } catch (error) {
    if (error instanceof Exit) return verdict(session, made, error.status)
    session.complain(error instanceof Error ? error.message : String(error))
    return BROKE
  } finally {
    session.interrupt.cameTo(`${made.history.length} lines were run`)
    await made.machine.off()
  }
}
