/**
 * `lockstorm/explore`: every interleaving of a few lines that use plain `Atomics`, inside an ordinary test. The code under
 * test knows nothing of us: while it is explored, the globals it uses are the explorer's.
 *
 * Rules   a body is synchronous, builds its objects itself each time it runs, changes nothing but the shared memory, and does
 *         not swallow what the explorer throws (`isControl`). A loop that polls memory calls Atomics.pause or cpuRelax.
 */
import { isControl } from '../../define/outcome.ts'
import { Reexec } from '../engine/reexec.ts'
import { describe, replayOn, runSearch, type ExploreOptions, type Replayed, type Staged } from '../explore.ts'
import { Symbols } from '../symbols.ts'
import { summaryOf, verdictOf, type Verdict } from '../verdict.ts'
import { swapGlobals } from './globals.ts'
import { FIRST_WORD, Views } from './views.ts'

export { isControl, type ExploreOptions, type Replayed, type Verdict }

/** A small program over shared memory. */
export interface Program {
  /** Words of 32 bits of the memory, all 0 at the start; or the memory itself, as it is now. It is not changed. */
  readonly memory: number | SharedArrayBuffer
  /** Brings the memory into its first state. Runs once, alone. */
  readonly setup?: (memory: Int32Array) => void
  /** Two to four bodies that run at the same time, each on its own CPU. */
  readonly threads: readonly ((memory: Int32Array) => void)[]
  /** Checks the end of an execution; throws if something is wrong. */
  readonly finish?: (memory: Int32Array) => void
  /** Checked after every step. */
  readonly invariant?: (memory: Int32Array) => void
  /** Name in replay strings. */
  readonly name?: string
  /** Names of words, for ladders: `{ 0: 'lock', 1: 'waiters' }`. */
  readonly words?: Readonly<Record<number, string>>
  /** Races of plain accesses are failures; true if not given. */
  readonly races?: boolean
  /** Time-outs each CPU may let fire while others can run; 0 if not given: only when nothing else can. */
  readonly earlyTimeouts?: number
  /** Most steps of an execution; 1000 if not given. A loop that polls without Atomics.pause runs into it. */
  readonly maxSteps?: number
}

/** A model did not hold. The message has the ladder. */
export class ExplorationError extends Error {
  override readonly name: string = 'ExplorationError'
  readonly #verdict: Verdict

  constructor(verdict: Verdict) {
    super(`${summaryOf(verdict)}\n\n${verdict.failure?.ladder.join('\n') ?? ''}`)
    this.#verdict = verdict
  }

  get verdict(): Verdict {
    return this.#verdict
  }
}

const MAX_STEPS = 1000
const MIN_THREADS = 2
const MAX_THREADS = 4
/** Below the five seconds that test runners give a test. */
const DEFAULT_MS = 4000

let running: Reexec | undefined

/** The program's memory as an Int32Array, whose words are the first that the engine knows. */
function memoryOf({ memory }: Program): Int32Array {
  const buffer = typeof memory === 'number' ? new SharedArrayBuffer(memory * 4) : memory
  return new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4))
}

/** An engine over a copy of the memory; bodies and checks see it as `shared`. */
function engineOf(program: Program, memory: Int32Array, shared: Int32Array): Reexec {
  const { threads, finish, invariant } = program
  const words = new Int32Array(memory.length + FIRST_WORD)
  words.set(memory, FIRST_WORD)
  const bodies = threads.map((body) => () => {
    if ((body(shared) as unknown) instanceof Promise) throw new TypeError('a body must be synchronous')
  })
  const on = (check: ((memory: Int32Array) => void) | undefined): (() => void) | undefined =>
    check &&
    (() => {
      check(shared)
    })
  const rules = {
    maxSteps: program.maxSteps ?? MAX_STEPS,
    earlyTimeouts: program.earlyTimeouts ?? 0,
    races: program.races ?? true,
    lowest: 0,
  }
  return new Reexec(words, { bodies, finish: on(finish), invariant: on(invariant) }, rules)
}

/** Runs `use` with the program set up and the globals swapped. */
function staged<R>(program: Program, use: (stage: Staged) => R): R {
  if (running !== undefined) throw new Error('one exploration at a time: this one was started inside another')
  const { threads, name = 'program' } = program
  if (!(threads.length >= MIN_THREADS && threads.length <= MAX_THREADS)) {
    throw new RangeError(`a program has ${MIN_THREADS} to ${MAX_THREADS} threads, not ${threads.length}`)
  }
  const memory = memoryOf(program)
  const views: Views = new Views(memory.buffer as SharedArrayBuffer, () => engine)
  const shared = views.wrap(memory)
  const engine: Reexec = engineOf(program, memory, shared)
  running = engine
  try {
    using _swapped = swapGlobals(views, engine)
    program.setup?.(shared)
    engine.words.commit()
    return use({ engine, symbols: symbolsOf(program, memory.length), model: { name, fold: [] } })
  } finally {
    running = undefined
  }
}

/** Foreign memory holds numbers, never addresses. */
class Names extends Symbols {
  override value(value: number): string {
    return String(value)
  }
}

function symbolsOf({ words = {} }: Program, count: number): Symbols {
  const symbols = new Names()
  symbols.name(FIRST_WORD, count, 'memory')
  for (const [index, name] of Object.entries(words)) symbols.name(Number(index) + FIRST_WORD, 1, name)
  return symbols
}

/**
 * Explores a program: by default with bounds of 0 to 2 preemptions, then DPOR, then sampling, for at most 4 seconds.
 * `verdict` is 'holds' if every interleaving has been seen, 'passed' if the budget ended before, 'fails' with a `failure`
 * that has the ladder and the replay string.
 */
export function explore(program: Program, options: ExploreOptions = {}): Verdict {
  return staged(program, (stage) => {
    const results = runSearch(stage.engine, { ms: DEFAULT_MS, ...options })
    const failing = results.find(({ first }) => first !== undefined)
    const failure = failing?.first === undefined ? undefined : describe(stage, failing.search, failing.first)
    return verdictOf({ name: stage.model.name, summary: '' }, results, failure)
  })
}

/**
 * Explores a program that must hold.
 * @throws ExplorationError with the ladder, if it does not
 */
export function mustHold(program: Program, options: ExploreOptions = {}): Verdict {
  const verdict = explore(program, options)
  if (verdict.failure !== undefined) throw new ExplorationError(verdict)
  return verdict
}

/** Runs one schedule again. */
export function replay(program: Program, text: string): Replayed {
  return staged(program, (stage) => replayOn(stage, text))
}

/** In a loop that polls memory: not runnable until something that was read has changed. Outside of an exploration nothing. */
export function cpuRelax(): void {
  running?.cpu_relax()
}
