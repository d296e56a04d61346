/**
 * A command line from its words to its exit code: understood, run, and what ended it told in one line.
 */
import { NotCheckedError } from '../machine/checked.ts'
import { whenPublished } from '../machine/published.ts'
import { comeToNobody, TheirsBroke } from '../define/brought.ts'
import type { Run } from './command.ts'
import { asked } from './command_line.ts'
import type { Interrupt } from './interrupt.ts'
import { mustBeApart } from './places.ts'
import { Session } from './session.ts'
import { oneLine, UsageError } from './usage.ts'

const FINDING = 1
const BAD_USAGE = 2
const BROKE = 3

/** Lets `lockstorm top` look at the machines of this run. */
async function offer(command: string, words: readonly string[]): Promise<void> {
  if (process.env['LOCKSTORM_TOP'] === 'off') return
  const { serveRuns } = await import('../top/serve.ts')
  serveRuns(command, words)
}

/** Runs it. `began` is told of its session, if it comes to one. */
async function run(
  words: readonly string[],
  interrupt: Interrupt,
  began: (session: Session) => void,
): Promise<number> {
  const what = await asked(words)
  if (what === undefined) return 0
  const { spec, operands, values, rest } = what
  mustBeApart(spec, values, operands)
  const session = new Session(spec.name, values, interrupt)
  began(session)
  whenPublished(() => {
    void offer(spec.name, words.slice(1))
  })
  try {
    const [file, name] = spec.runs
    const url = new URL(`./${file}.js`, import.meta.url)
    const module = (await import(url.href)) as Readonly<Record<string, Run<typeof values>>>
    const command = module[name] as Run<typeof values>
    return await session.end(await command(session, operands, values, rest))
  } finally {
    session.progress.end()
  }
}

/** The user can mend it, by other words or another way of starting. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof UsageError || error instanceof NotCheckedError

/** What ended the run, in one line; a stack where it is the tool's own fault. */
function told(error: unknown): string {
  if (isRefusal(error) || error instanceof TheirsBroke) return oneLine(error.message)
  const { syscall, message, stack } = error as NodeJS.ErrnoException
  return syscall === undefined ? (stack ?? String(error)) : message
}

/** Every path is told from it, and threads cannot start without it. @throws UsageError */
function mustBeSomewhere(): void {
  try {
    process.cwd()
  } catch {
    throw new UsageError('the directory in which this was started does not exist any more')
  }
}

/** Runs it and says on stderr what ended it, if anything did. Returns the exit code. */
export async function runLine(
  words: readonly string[],
  interrupt: Interrupt,
  began: (session: Session) => void = () => {},
): Promise<number> {
  try {
    mustBeSomewhere()
    return await run(words, interrupt, began)
  } catch (error) {
    return endedBy(error)
  }
}

/** Says what ended the run. Returns the exit code. */
function endedBy(error: unknown): number {
  process.stderr.write(`lockstorm: ${told(error)}\n`)
  return error instanceof TheirsBroke ? FINDING : isRefusal(error) ? BAD_USAGE : BROKE
}

/** The same of an error that nobody has caught. */
export function uncaught(error: Error): number {
  return endedBy(comeToNobody(error))
}
