/**
 * The observer of a forced run: it hears of every named point, stops the CPU where the schedule says so, and writes down
 * what the ladder will show.
 *
 * Rules   it changes no word of the kernel. What it shows is what the tracepoints say: calls as they are entered, points that
 *         have a text or at which the schedule stops, sleeps and wake-ups.
 */
import { BLOCKED_NAMES, current, task_struct } from '../../mem/task.ts'
import { raw_read } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import type { Scenario } from '../../define/race.ts'
import { POINT_TEXTS } from './labels.ts'
import { record } from './record.ts'
import { Stage, type StageListener } from './stage.ts'

const { blocked_on: ON, blocked_kind: KIND } = task_struct.offset

/** Functions that every file of a directory goes through when it is removed: their sleep is shown, they are not. */
const QUIET: ReadonlySet<string> = new Set(['kernfs_drain'])

/** One CPU's conductor: stops it where the schedule says, and notes what it passes. */
export class Conductor implements Observer, StageListener {
  readonly name = 'conductor'
  readonly stage: Stage
  readonly #texts: Readonly<Record<string, string>>
  readonly #open: string[] = []

  constructor(cpu: number, scenario: Scenario) {
    this.stage = new Stage(cpu, scenario.schedule, this)
    this.#texts = { ...POINT_TEXTS, ...scenario.labels }
  }

  /** Adds a line to the ladder. */
  row(text: string): void {
    record({ cpu: this.stage.cpu, depth: this.#open.length, text })
  }

  lockInit(lock: number, _depMap: number, name: string): void {
    record({ lock, name })
  }

  enter(symbol: string): void {
    if (!QUIET.has(symbol)) {
      this.row(`${symbol}()`)
      this.#open.push(symbol)
    }
    this.#reach(`enter ${symbol}`)
  }

  leave(symbol: string): void {
    const at = this.#open.lastIndexOf(symbol)
    if (at >= 0) this.#open.length = at
    this.#reach(`leave ${symbol}`)
  }

  point(name: string): void {
    const text = this.#texts[name]
    if (text !== undefined) this.row(text)
    this.#reach(name)
  }

  #reach(point: string): void {
    if (!this.stage.stopsAt(point)) return
    this.row('[...]')
    this.stage.stop()
  }

  asleep(): void {
    const task = current()
    const kind = BLOCKED_NAMES[raw_read(task + KIND)] ?? ''
    record({ cpu: this.stage.cpu, depth: this.#open.length, on: raw_read(task + ON), kind })
  }

  awake(result: number): void {
    this.row(result === 0 ? '/* woken */' : '/* time is up */')
  }
}
