/**
 * Sets a program up: its memory, an engine over a copy of it, the globals swapped. One exploration at a time in a thread.
 */
import type { Rules } from '../engine/rules.ts'
import type { Staged } from '../explore.ts'
import { captionsFor, WordNames } from './captions.ts'
import { Decoy } from './decoy.ts'
import type { UserEngine } from './engine.ts'
import { refuseLater, whatIsTold } from './from_outside.ts'
import { swapGlobals } from './globals.ts'
import { Grain, REGRAIN } from './grain.ts'
import { Held } from './held.ts'
import { kindNamed } from './kinds.ts'
import { bytesOf, type Program } from './program.ts'
import { writingCheck } from './access/ending.ts'
import { RefusedError, runsLater, unsupported } from './refused.ts'
import { activate, activeMemory, Memory } from './views.ts'
import { WatchedEngine } from './watched_engine.ts'
import { assumeThread } from './thread_number.ts'
import { atEnd, takeDown } from './watchdog.ts'

const MAX_STEPS = 1000
const BYTES = 4
const Words = kindNamed('Int32Array').Native as unknown as new (
  buffer: ArrayBufferLike | number,
  offset?: number,
  length?: number,
) => Int32Array
const Bytes = kindNamed('Uint8Array').Native as unknown as new (buffer: ArrayBufferLike) => Uint8Array

/** The words of the memory as they are now, padded to a whole one. */
export function wordsOf({ memory }: Program): Int32Array {
  const words = new Words(Math.ceil(bytesOf({ memory }) / BYTES))
  if (typeof memory !== 'number') new Bytes(words.buffer).set(new Bytes(memory))
  return words
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

/** Synchronous bodies, as they are called. */
function bodiesOf({ threads }: Program, shared: Int32Array, engine: () => UserEngine): (() => void)[] {
  return threads.map((body) => () => {
    const result: unknown = body(shared)
    if (!isThenable(result)) return
    // What is left of it fails when nobody looks any more.
    result.then(undefined, () => {})
    engine().refuse(
      unsupported(
        'a body returned a promise, and this exploration is synchronous: use exploreAsync, mustHoldAsync or mustExhaustAsync for async bodies',
      ),
    )
  })
}

/** Brings the memory into its first state. */
export function setUpOf({ setup }: Pick<Program, 'setup'>, shared: Int32Array, engine: UserEngine): void {
  engine.settingUp = true
  try {
    const answer: unknown = setup?.(shared)
    if (isThenable(answer)) engine.refusal ??= unsupported(runsLater('a promise', engine.aside))
  } finally {
    engine.settingUp = false
  }
  if (engine.refusal !== undefined) throw engine.refusal
}

type Check = () => void

function sayingNothing(): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_BAD_PROGRAM',
    'a check (finish or invariant) returned false, and what it returns says nothing: it has to throw where something does not hold',
  )
}

/** The checks of a program, as they are called: over the program's words, also for the caller's own views. */
export function checksOf(
  { finish, invariant }: Program,
  shared: Int32Array,
  decoy: () => Decoy | undefined,
  engine: () => UserEngine,
): { readonly finish: Check | undefined; readonly invariant: Check | undefined } {
  const on = (
    name: 'finish' | 'invariant',
    check: ((memory: Int32Array) => void) | undefined,
  ): Check | undefined =>
    check &&
    (() => {
      const hidden = decoy()
      const run = (): void => {
        engine().checking = name
        let answer: unknown
        try {
          answer = check(shared)
        } finally {
          engine().checking = ''
        }
        if (isThenable(answer)) {
          answer.then(undefined, () => {})
          engine().refuse(unsupported('a check returned a promise: checks are synchronous'))
        }
        if (answer === false) engine().refuse(sayingNothing())
      }
      if (hidden === undefined) run()
      else hidden.reveal(engine().programWords, run, (byte) => engine().refuse(writingCheck(name, byte)))
    })
  return { finish: on('finish', finish), invariant: on('invariant', invariant) }
}

/** The memory of a program, and as bodies are given it. */
export function memoryOf(program: Program): { readonly memory: Memory; readonly shared: Int32Array } {
  const own = typeof program.memory === 'number' ? program.memory * BYTES : program.memory
  const memory = new Memory(own)
  const words = new Words(memory.bait, 0, Math.floor(bytesOf(program) / BYTES))
  memory.given = words
  return { memory, shared: memory.wrap(words) }
}

/** The rules of its executions. */
export function rulesOf(program: Program, spurious: boolean): Rules {
  return {
    maxSteps: program.maxSteps ?? MAX_STEPS,
    earlyTimeouts: program.earlyTimeouts ?? 0,
    spuriousWakeups: spurious ? (program.spuriousWakeups ?? 0) : 0,
    races: program.races ?? true,
    lowest: 0,
  }
}

/** What a body threw that is no finding: a refusal, or a native of Atomics that was given what only the explorer's takes. */
function refusalIn(error: unknown): RefusedError | undefined {
  if (error instanceof RefusedError) return error
  if (!(error instanceof TypeError)) return undefined
  const [, top = ''] = String(error.stack).split('\n    at ')
  const name = /^(?:Atomics\.)?(\w+) \(<anonymous>\)/.exec(top)?.[1]
  if (name === undefined || !(name in Atomics)) return undefined
  return unsupported(
    `${name} was taken out of Atomics before the run (\`const { ${name} } = Atomics\`), so the explorer does not see it: call Atomics.${name}`,
  )
}

/** A program that is set up. */
export interface UserStage extends Staged {
  readonly engine: UserEngine
  /** Why equal states cannot be told; '' if they can. */
  readonly stateless: string
  /** Nothing tells of async functions that bodies call. */
  readonly untold: boolean
  /** Sources of chance that bodies have asked. */
  readonly chance: ReadonlySet<string>
}

/** How a program is run. */
export interface How {
  /** Sleeps may end without a notify. */
  readonly spurious: boolean
  /** What bodies do may be learned, so that they need not run each time; true if not given. */
  readonly learning?: boolean
  /** Every how many executions one is run a second time, its bodies as they are; if not given, all at first and then few. */
  readonly everyTwice?: number
}

/** Runs `use` with the program set up and the globals swapped; again if something about the memory was learned. */
export function staged<R>(program: Program, how: How, use: (stage: UserStage) => R): R {
  const grain = grainOf(program)
  for (;;) {
    grain.learned = false
    try {
      return new Setting(program, grain, how).use(use)
    } catch (error) {
      if (error !== REGRAIN) throw error
    }
  }
}

/** How finely a program's memory is looked at before anything is known of it. */
export function grainOf(program: Program): Grain {
  return new Grain(Math.ceil(bytesOf(program) / BYTES))
}

/** A program with its engine. It can be used several times; in between the globals are what they are. */
export class Setting {
  readonly #program: Program
  readonly #memory: Memory
  readonly #shared: Int32Array
  readonly #engine: WatchedEngine
  readonly #symbols: WordNames
  readonly #learning: boolean
  readonly #chance = new Set<string>()
  #decoy: Decoy | undefined
  #isSetUp = false

  constructor(program: Program, grain: Grain, { spurious, learning = true, everyTwice }: How) {
    const { memory, shared } = memoryOf(program)
    const engine = (): WatchedEngine => this.#engine
    const calls = {
      bodies: bodiesOf(program, shared, engine),
      ...checksOf(program, shared, () => this.#decoy, engine),
    }
    this.#program = program
    this.#memory = memory
    this.#shared = shared
    this.#learning = learning
    this.#engine = new WatchedEngine(wordsOf(program), calls, rulesOf(program, spurious), grain)
    this.#engine.everyTwice = everyTwice
    memory.engine = this.#engine
    this.#symbols = new WordNames(program)
    this.#engine.nameOf = (addr) => this.#symbols.word(addr)
    this.#engine.onThrow = refusalIn
  }

  /** Runs `use` with the globals swapped. */
  use<R>(use: (stage: UserStage) => R): R {
    if (activeMemory() !== undefined) {
      throw unsupported('one exploration at a time: this one was started inside another')
    }
    const engine = this.#engine
    atEnd(() => {
      this.#decoy?.restore()
      activate(undefined)
    })
    activate(this.#memory)
    try {
      const swapped = swapGlobals(this.#memory, engine, (source) => this.#chance.add(source))
      atEnd(() => {
        swapped[Symbol.dispose]()
      })
      atEnd(refuseLater(engine))
      const thread = assumeThread(engine)
      atEnd(() => {
        thread[Symbol.dispose]()
      })
      this.#memory.begins()
      if (!this.#isSetUp) this.#setUp()
      const { name = 'program' } = this.#program
      const used = use({
        engine,
        symbols: this.#symbols,
        stateless: engine.states === undefined ? engine.stateless : '',
        untold: !whatIsTold().ofPromises,
        model: { name, fold: ['sync', 'mem'] },
        chance: this.#chance,
        narrative: captionsFor(this.#symbols),
      })
      this.#memory.isOver = true
      return used
    } finally {
      takeDown()
    }
  }

  #setUp(): void {
    const engine = this.#engine
    const { memory } = this.#program
    if (typeof memory !== 'number') this.#decoy = new Decoy(memory)
    setUpOf(this.#program, this.#shared, engine)
    this.#decoy?.adopt(engine.programWords)
    engine.words.commit()
    engine.decoy = this.#decoy
    if (this.#decoy !== undefined) engine.held = new Held(engine.snapshot())
    if (this.#learning) engine.learn(this.#program, this.#shared, this.#memory)
    this.#isSetUp = true
  }
}
