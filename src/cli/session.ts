/**
 * One run of a command: where its results, its progress and its files go, and how it ends.
 *
 * Streams   results on stdout, everything else on stderr. With `--json -` stdout has the JSON alone, and the tables go to stderr.
 * Ends      what cannot be written is named, everything else is still shown, and the exit code is 3. Who reads stdout may stop
 *           reading (`| head`): that is no failure, and a file that was asked for is still written.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { pageWidth, render, type Block, type Look } from '../report/page.ts'
import { annotations, junitXml, type Case } from '../report/cases.ts'
import { wantsColour } from '../report/style.ts'
import { environment, moment, type Moment } from '../results/environment.ts'
import { writeResult, writeWhole } from '../results/io.ts'
import type { TraceEvent } from '../results/trace.ts'
import { traceFile } from '../report/trace_file.ts'
import { Interrupt } from './interrupt.ts'
import { leave } from './leave.ts'
import { Progress } from './progress.ts'

/** Files that a command line asks for. `-` is stdout. */
export interface Files {
  readonly json?: string | undefined
  readonly write?: string | undefined
  readonly trace?: string | undefined
  readonly junit?: string | undefined
  readonly folded?: string | undefined
}

const BROKE = 3
const ACCESS_MODE = 3
const READ_AND_WRITE = 2

/** Does this stream lead nowhere? */
const isNull = (fd: 0 | 1 | 2): boolean => readlinkSync(`/proc/self/fd/${fd}`) === '/dev/null'

/** Is this stream one that Node has opened because nobody gave it one? It opens /dev/null to read and write then. */
function isStandIn(fd: 1 | 2): boolean {
  try {
    if (!isNull(fd)) return false
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & ACCESS_MODE) === READ_AND_WRITE
  } catch {
    return false
  }
}

/**
 * Was stdout closed by mistake? Whoever starts a program with its streams ignored (`stdio: ['ignore', 'ignore', 'inherit']`) opens
 * /dev/null as Node does, and means it: then stdin leads nowhere, too.
 */
function stdoutClosed(): boolean {
  return isStandIn(1) && !isStandIn(2) && !isNull(0)
}

/** Flags that say where results go: what was run does not depend on them. */
const WHERE = /^--(?:json|trace|junit|write|folded|output)$/

/** Words as a shell takes them, without those that say where results go. */
export function commandLine(words: readonly string[]): string {
  const kept = words.filter(
    (word, i) => !WHERE.test(word.split('=', 1)[0] ?? '') && !WHERE.test(words[i - 1] ?? ''),
  )
  const safe = /^[\w./:,@%+=-]+$/
  const quoted = kept.map((word) => (safe.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return ['lockstorm', ...quoted].join(' ')
}

/** See the head of this file. */
export class Session {
  /** The computer as it was before the run. */
  readonly begun: Moment = moment()
  readonly interrupt: Interrupt
  readonly progress: Progress
  readonly #files: Files
  readonly #out: NodeJS.WriteStream
  /** As it was before a user's file was loaded: leave.ts. */
  readonly #toStdout = process.stdout.write.bind(process.stdout)
  readonly #look: Look
  #broken = false
  #gone = false

  constructor(name: string, files: Files, interrupt: Interrupt) {
    const closed = stdoutClosed()
    this.#files = files
    this.interrupt = interrupt
    this.progress = new Progress(name)
    this.#out = files.json === '-' || closed ? process.stderr : process.stdout
    this.#look = {
      width: pageWidth(this.#out.columns),
      colour: wantsColour(this.#out.isTTY),
    }
    if (closed) this.#fail('stdout is closed; what was meant for it follows here')
  }

  /** True from the first Ctrl-C on. */
  get asked(): boolean {
    return this.interrupt.asked
  }

  /** The same, as a question that a run can be given. */
  readonly stop = (): boolean => this.interrupt.asked

  /** Results. */
  print(...blocks: readonly Block[]): void {
    if (blocks.length === 0) return
    this.progress.clear()
    this.#write(render(blocks, this.#look))
  }

  /** Text that is printed as it stands. */
  text(text: string): void {
    this.progress.clear()
    this.#write(text)
  }

  /** One line on stderr. */
  complain(text: string): void {
    this.progress.clear()
    process.stderr.write(`lockstorm: ${text}\n`)
  }

  /** `--json` asks for the result. */
  get keeps(): boolean {
    return this.#files.json !== undefined
  }

  /** The result as JSON, where `--json` asks for it. */
  keep(result: object): void {
    const { json } = this.#files
    if (json === undefined) return
    const marked = this.interrupt.mark({ ...result, command: commandLine(process.argv.slice(2)) })
    if (json === '-') this.#toStdout(`${JSON.stringify(marked, undefined, 2)}\n`)
    else this.#attempt(json, () => writeResult(json, marked))
  }

  /** What was judged, as JUnit's XML where `--junit` asks for it, and as annotations where GitHub Actions listens. */
  cases(all: readonly Case[]): void {
    const { junit } = this.#files
    if (junit !== undefined) this.#attempt(junit, () => writeWhole(junit, junitXml(all)))
    if (process.env['GITHUB_ACTIONS'] !== 'true') return
    this.progress.clear()
    for (const line of annotations(all)) process.stderr.write(`${line}\n`)
  }

  /** A page, where `--write` asks for it: whole, or not written. */
  page(text: () => string): void {
    const { write } = this.#files
    if (write === undefined || this.asked) return
    this.#attempt(write, () => writeWhole(write, text()))
  }

  /** A document: into a file, whole or not written, or as the result on stdout. */
  document(path: string | undefined, text: string): void {
    if (path === undefined || path === '-') this.print({ verbatim: text.replace(/\n$/, '') })
    else this.#attempt(path, () => writeWhole(path, text))
  }

  /** Does `--trace` ask for a timeline? */
  get wantsTrace(): boolean {
    return this.#files.trace !== undefined && !this.asked
  }

  /** The timeline that `--trace` asks for: whole, or not written. `note`: what its times mean. */
  trace(note: string, events: () => readonly TraceEvent[]): void {
    const { trace } = this.#files
    if (trace === undefined || this.asked) return
    const all = events()
    if (all.length === 0) this.complain(`--trace ${trace}: there is nothing to draw: nothing has failed`)
    else
      this.#attempt(trace, () =>
        writeWhole(
          trace,
          JSON.stringify({
            ...traceFile(environment(this.begun), note, all),
            command: commandLine(process.argv.slice(2)),
          }),
        ),
      )
  }

  /** Folded stacks, where `--folded` asks for them. */
  folded(text: () => string): void {
    const { folded } = this.#files
    if (folded !== undefined) this.#attempt(folded, () => writeWhole(folded, text()))
  }

  /** Where the JSON goes, as a sentence may name it. */
  get keptIn(): string | undefined {
    return this.#files.json === '-' ? undefined : this.#files.json
  }

  /** The exit code of a run that would have ended with `code`: what was found outweighs an interruption. */
  async end(code: number): Promise<number> {
    this.progress.end()
    // A signal that came while this thread was busy is heard now, and streams tell of their errors.
    await setImmediate()
    const final = this.interrupt.code(code)
    return this.#broken ? BROKE : final
  }

  /** What stdout says when it cannot be written. */
  lost(error: NodeJS.ErrnoException): void {
    if (this.#gone) return
    this.#gone = true
    if (error.code !== 'EPIPE') this.#fail(`cannot write to stdout: ${error.message}`)
    else if (this.#files.json === undefined || this.#files.json === '-') leave(0)
  }

  #attempt(file: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#fail(`cannot write ${file}: ${(error as Error).message}`)
    }
  }

  #fail(why: string): void {
    this.#broken = true
    this.complain(why)
  }

  #write(text: string): void {
    if (this.#out === process.stderr || this.#gone) {
      if (this.#out === process.stderr || this.#broken) process.stderr.write(text)
      return
    }
    this.#toStdout(text, (error) => {
      if (error === null || error === undefined) return
      this.lost(error)
      if (this.#broken) process.stderr.write(text)
    })
  }
}
