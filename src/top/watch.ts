/**
 * The live view: the terminal's other screen, drawn anew a few times per second; keys sort, filter, go from run to run.
 *
 * Ends      whatever ends it, the terminal is as it was before.
 */
import { emitKeypressEvents, type Key } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { render } from '../report/page.ts'
import { offeredRuns, RunLine } from './find.ts'
import { frame } from './frame.ts'
import { mainMachine, MachineHistory, type Choice } from './state.ts'

const ENTER = '\u001B[?1049h\u001B[?25l'
const LEAVE = '\u001B[?25h\u001B[?1049l'
const HOME = '\u001B[H'
const CLEAR_LINE = '\u001B[K'
const CLEAR_BELOW = '\u001B[J'
const KEYS = 'c CPU  w wait  r rate  o operation  f waiting only  / filter  n next run  space pause  q quit'
const SORTS: Readonly<Record<string, Choice['sort']>> = { c: 'cpu', w: 'wait', r: 'rate', o: 'operation' }

/** See the head of this file. */
export class Watch {
  readonly #periodMs: number
  readonly #lines = new Map<number, RunLine>()
  readonly #histories = new Map<string, MachineHistory>()
  #choice: Choice = { sort: 'cpu', waiting: false, filter: '' }
  #typing: string | undefined
  #current = 0
  #paused = false
  #ended = false
  #wake = new AbortController()

  /** @param pid run to begin with */
  constructor(periodMs: number, pid?: number) {
    this.#periodMs = periodMs
    this.#current = pid ?? 0
  }

  /** Shows runs until `q`, Ctrl-C or the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { stdin, stdout } = process
    const resized = (): void => this.#redraw()
    const pressed = (text: string | undefined, key: Key): void => this.#press(text ?? '', key)
    const stop = (): void => this.#end()
    emitKeypressEvents(stdin)
    stdin.setRawMode(true)
    stdin.on('keypress', pressed)
    stdin.resume()
    stdout.on('resize', resized)
    signal.addEventListener('abort', stop)
    stdout.write(ENTER)
    try {
      while (!this.#ended && !signal.aborted) await this.#turn()
    } finally {
      stdout.write(LEAVE)
      stdout.off('resize', resized)
      stdin.off('keypress', pressed)
      stdin.setRawMode(false)
      stdin.pause()
      for (const line of this.#lines.values()) line.end()
    }
  }

  #end(): void {
    this.#ended = true
    this.#redraw()
  }

  #redraw(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }

  async #turn(): Promise<void> {
    const { signal } = this.#wake
    if (!this.#paused || this.#shown === '') this.#shown = await this.#picture()
    this.#draw(this.#shown)
    await pause(this.#periodMs, undefined, { signal }).catch(() => {})
  }

  #shown = ''

  /** Runs that are there, in order of their numbers. */
  #pids(): number[] {
    const offered = offeredRuns()
    for (const [pid, path] of offered) {
      if (!this.#lines.has(pid)) this.#lines.set(pid, new RunLine(pid, path))
    }
    return [...offered.keys()].sort((a, b) => a - b)
  }

  async #picture(): Promise<string> {
    const pids = this.#pids()
    const pid = pids.includes(this.#current) ? this.#current : (pids[0] ?? 0)
    this.#current = pid
    const run = await this.#lines.get(pid)?.ask()
    if (run === undefined) {
      this.#lines.get(pid)?.end()
      this.#lines.delete(pid)
      return 'No run of yours is to be seen; one that begins is shown.\n'
    }
    const key = `${pid} ${mainMachine(run)?.name ?? ''}`
    const history = this.#histories.get(key) ?? new MachineHistory()
    this.#histories.set(key, history)
    const nth = `run ${pids.indexOf(pid) + 1} of ${pids.length}`
    const blocks = frame(run, history, this.#choice, performance.now())
    return `${nth}\n${render(blocks, { width: Math.max(20, process.stdout.columns), colour: false })}`
  }

  #draw(picture: string): void {
    const { columns, rows } = process.stdout
    const { sort, waiting, filter } = this.#choice
    const state = `by ${sort}${waiting ? ', waiting only' : ''}${filter === '' ? '' : `, with '${filter}'`}${this.#paused ? ', paused' : ''}`
    const foot = this.#typing === undefined ? `${state}   ${KEYS}` : `filter: ${this.#typing}_`
    const lines = picture
      .trimEnd()
      .split('\n')
      .slice(0, Math.max(1, rows - 2))
    const all = [...lines, '', foot].map((line) => `${line.slice(0, columns - 1)}${CLEAR_LINE}`)
    process.stdout.write(`${HOME}${all.join('\r\n')}${CLEAR_BELOW}`)
  }

  #press(text: string, key: Key): void {
    if (key.ctrl === true && key.name === 'c') return this.#end()
    if (this.#typing !== undefined) this.#type(text, key)
    else this.#choose(text)
    this.#redraw()
  }

  #type(text: string, key: Key): void {
    const typed = this.#typing ?? ''
    if (key.name === 'return') {
      this.#choice = { ...this.#choice, filter: typed }
      this.#typing = undefined
    } else if (key.name === 'escape') this.#typing = undefined
    else if (key.name === 'backspace') this.#typing = typed.slice(0, -1)
    else this.#typing = typed + text
  }

  #choose(key: string): void {
    const sort = SORTS[key]
    if (sort !== undefined) this.#choice = { ...this.#choice, sort }
    else if (key === 'f') this.#choice = { ...this.#choice, waiting: !this.#choice.waiting }
    else if (key === '/') this.#typing = this.#choice.filter
    else if (key === 'n') this.#next()
    else if (key === ' ') this.#paused = !this.#paused
    else if (key === 'q') this.#ended = true
  }

  #next(): void {
    const pids = this.#pids()
    this.#current = pids[(pids.indexOf(this.#current) + 1) % pids.length] ?? 0
    this.#shown = ''
  }
}
