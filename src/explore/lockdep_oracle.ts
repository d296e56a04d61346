/**
 * lockdep as an oracle: a report that it makes in an execution is a failure of that execution, so an order of locks that could
 * deadlock is found although no explored schedule does. It starts anew in every execution, so a schedule replays alone.
 *
 * Rule   it hears every tracepoint once per execution: calls go through the log of the CPU that makes them.
 */
import { debug_globals, debug_init } from '../debug/store.ts'
import { findings } from '../debug/findings.ts'
import { Lockdep, lockdep_init, lockdep_reset } from '../debug/lockdep/index.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { raw_fill, raw_read, raw_write } from '../mem/raw.ts'
import type { Observer } from '../trace/observer.ts'
import { HEARD } from './engine/log.ts'
import { DETECTOR } from '../define/outcome.ts'
import type { Reexec } from './engine/reexec.ts'

/** Words that the tables take. */
export const LOCKDEP_WORDS = 1 << 18
const TEXTS = 512
const SIZES = { strings: TEXTS, textWords: 8192, stackWords: 16_384, findingWords: 32_768 }
const TABLES = { maxClasses: 128, maxEdges: 512, maxChains: 512, maxHlocks: 2048 }
const AT = debug_globals.offset
/** Frames of a call that goes through the log. */
const BETWEEN = 8

/** Tracepoints that it hears. */
export const METHODS = [
  'lockInit',
  'lockNovalidate',
  'lockAcquire',
  'lockRelease',
  'lockDowngrade',
  'lockSync',
  'lockdepOff',
  'lockdepOn',
  'mightSleep',
  'assertHeld',
  'assertNotHeld',
  'assertNoneHeld',
  'rcuMisuse',
  'srcuDereference',
  'free',
] as const satisfies readonly (keyof Observer)[]

/** True if lockdep has made a report in the memory of this thread's detectors. */
export function lockdepReported(): boolean {
  return raw_read(raw_read(rootAddr('debug')) + AT.findings) !== 0
}

/** What an execution that ends with a report fails with. `view`: the memory, if it is not this thread's. */
export function reportTitle(view?: Int32Array): string {
  return `lockdep: ${findings(view).at(-1)?.title ?? 'a report'}`
}

/** Lockdep as a detector of the explorer. */
export class LockdepOracle {
  /** To be installed as long as the model is on stage. */
  readonly observer: Observer
  readonly #lockdep: Lockdep
  /** Classes that set-up gave to locks. */
  readonly #classes: (() => void)[] = []
  readonly #calls: (() => void)[] = []
  #early = 0
  #engine: Reexec | undefined
  /** Its tables: the first word, and the first after them. */
  readonly tables: readonly [from: number, to: number]

  /** Before set-up, on the boot CPU. */
  constructor() {
    const from = alloc_boot(0)
    if (!debug_init(SIZES) || !lockdep_init(TABLES)) throw new Error('the arena is too small for lockdep')
    this.tables = [from, alloc_boot(0)]
    this.#lockdep = new Lockdep({ between: BETWEEN })
    const heard = METHODS.map((method) => [method, this.#hearer(method)] as const)
    this.observer = { name: 'lockdep', ...Object.fromEntries(heard) }
  }

  #hearer(method: (typeof METHODS)[number]): (...args: unknown[]) => void {
    const call = this.#lockdep[method].bind(this.#lockdep) as (...args: unknown[]) => void
    return (...args) => {
      const engine = this.#engine
      const again = (): void => {
        call(...args)
      }
      if (engine === undefined) {
        if (method === 'lockInit' || method === 'lockNovalidate') this.#classes.push(again)
        again()
      } else {
        const at = this.#calls.push(again)
        engine.note(HEARD, 0, at - 1)
        if (engine.probing) this.#early = at
      }
    }
  }

  /** Set-up is over. */
  attach(engine: Reexec): void {
    this.#engine = engine
    engine.detector = {
      begin: () => {
        this.begin()
      },
      heard: (at) => {
        this.#heard(engine, at)
      },
    }
  }

  /** Forgets what it has learnt; only the calls that come before the first schedule points are heard again. */
  begin(): void {
    this.#calls.length = this.#early
    lockdep_reset()
    for (const call of this.#classes) call()
    const globals = raw_read(rootAddr('debug'))
    raw_write(globals + AT.findings, 0)
    raw_write(globals + AT.finding_used, 0)
    raw_fill(raw_read(globals + AT.once), 0, TEXTS >> 5)
  }

  #heard(engine: Reexec, at: number): void {
    this.#calls[at]?.()
    if (lockdepReported()) engine.fail(DETECTOR, engine.me, reportTitle())
  }

  /** What it reported in the last execution, in the kernel's words; '' for nothing. */
  report(): string {
    return findings().at(-1)?.text ?? ''
  }
}
