/**
 * A person at a terminal: prompt, Tab, history, Ctrl-C. What jobs print comes between the prompts.
 */
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline'
import type { Block } from '../report/page.ts'
import { complete } from './complete.ts'
import { Exit, type Shell } from './shell.ts'

/** What listens to Ctrl-C meanwhile, and must not. */
export interface Listener {
  end(): void
}

const promptOf = ({ machine, cwd }: Shell): string => `${machine.plan.strategy}:${cwd}# `

/** Puts what is printed above the line that is being typed. */
function around(shell: Shell, isAsking: () => boolean, ask: () => void): void {
  const { terminal } = shell
  const above = (write: () => void): void => {
    if (!isAsking()) return write()
    clearLine(process.stdout, 0)
    cursorTo(process.stdout, 0)
    write()
    ask()
  }
  const { out, show, err } = terminal
  Object.assign(terminal, {
    out: (text: string) => above(() => out(text)),
    show: (...blocks: readonly Block[]) => above(() => show(...blocks)),
    err: (line: string) => above(() => err(line)),
  })
}

/** Other commands get the terminal while they run. */
function lend(shell: Shell, lines: Interface): void {
  const { lockstorm } = shell.terminal
  Object.assign(shell.terminal, {
    lockstorm: async (words: readonly string[]) => {
      lines.pause()
      process.stdin.setRawMode(false)
      const heard = (): void => {}
      process.on('SIGINT', heard)
      try {
        return await lockstorm(words)
      } finally {
        process.off('SIGINT', heard)
        process.stdin.setRawMode(true)
        lines.resume()
      }
    },
  })
}

/** Tab. Whatever goes wrong, nothing is offered. */
async function offer(
  shell: Shell,
  before: string,
  done: (error: null, found: [string[], string]) => void,
): Promise<void> {
  let found: [string[], string] = [[], before]
  try {
    found = await complete(shell, before)
  } finally {
    done(null, found)
  }
}

/** Runs lines until the person has enough. Returns the status. */
export async function sitDown(shell: Shell, listener: Listener): Promise<number> {
  listener.end()
  let asking = false
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    historySize: 1000,
    completer: (before: string, done: (error: null, found: [string[], string]) => void) => {
      void offer(shell, before, done)
    },
  })
  const ask = (): void => {
    asking = true
    lines.setPrompt(promptOf(shell))
    lines.prompt(true)
  }
  around(shell, () => asking, ask)
  lend(shell, lines)
  shell.terminal.show(`A machine of ${shell.machine.cpus} CPUs. help lists the words, exit leaves.`)
  return new Promise<number>((resolve, reject) => {
    const leave = (status: number): void => {
      asking = false
      // Only the first resolves: closing tells its own listener.
      resolve(status)
      lines.close()
    }
    lines.on('SIGINT', () => {
      if (shell.interrupt()) return
      process.stdout.write('^C\n')
      lines.write(null, { ctrl: true, name: 'u' })
      ask()
    })
    lines.on('close', () => leave(shell.status))
    // One line after the other, though more may have been typed ahead.
    let before = Promise.resolve()
    const obey = async (line: string, turn: Promise<void>): Promise<void> => {
      await turn
      asking = false
      await shell.run(line)
      ask()
    }
    lines.on('line', (line) => {
      before = obey(line, before)
      before.catch((error: unknown) => {
        if (error instanceof Exit) leave(error.status)
        else reject(error instanceof Error ? error : new Error(String(error)))
      })
    })
    ask()
  })
}
