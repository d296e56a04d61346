/**
 * Sets a program up: its memory, an engine over a copy of it, the globals swapped. One exploration at a time in a thread.
 */
import type { Rules } from '../engine/rules.ts'
import type { Staged } from '../explore.ts'
import { captionsFor, WordNames } from './captions.ts'
import { Decoy } from './decoy.ts'
import type { UserEngine } from './engine.ts'
import { swapGlobals } from './globals.ts'
import { Grain, REGRAIN } from './grain.ts'
import { kindNamed } from './kinds.ts'
import { bytesOf, type Program } from './program.ts'
import { RefusedError, unsupported } from './refused.ts'
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
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
  const on = (check: ((memory: Int32Array) => void) | undefined): Check | undefined =>
    check &&
    (() => {
      const hidden = decoy()
      const run = (): void => {
        const answer: unknown = check(shared)
        if (isThenable(answer)) {
          answer.then(undefined, () => {})
          engine().refuse(unsupported('a check returned a promise: checks are synchronous'))
        }
        if (answer === false) engine().refuse(sayingNothing())
      }
      if (hidden === undefined) run()
      else hidden.reveal(engine().programWords, run)
    })
  return { finish: on(finish), invariant: on(invariant) }
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
  if (activeMemory() !== undefined) {
    throw unsupported('one exploration at a time: this one was started inside another')
  }
  const grain = new Grain(Math.ceil(bytesOf(program) / BYTES))
  for (;;) {
    grain.learned = false
    try {
      return attempt(program, grain, how, use)
    } catch (error) {
      if (error !== REGRAIN) throw error
    }
  }
}

function attempt<R>(
  program: Program,
  grain: Grain,
  { spurious, learning = true, everyTwice }: How,
  use: (stage: UserStage) => R,
): R {
  const { memory, shared } = memoryOf(program)
  let decoy: Decoy | undefined
  const calls = {
    bodies: bodiesOf(program, shared, () => engine),
    ...checksOf(
      program,
      shared,
      () => decoy,
      () => engine,
    ),
  }
  const rules = rulesOf(program, spurious)
  const engine: WatchedEngine = new WatchedEngine(wordsOf(program), calls, rules, grain)
  engine.everyTwice = everyTwice
  memory.engine = engine
  const symbols = new WordNames(program)
  engine.nameOf = (addr) => symbols.word(addr)
  engine.onThrow = refusalIn
  const chance = new Set<string>()
  atEnd(() => {
    decoy?.restore()
    activate(undefined)
  })
  activate(memory)
  try {
    const swapped = swapGlobals(memory, engine, (source) => chance.add(source))
    atEnd(() => {
      swapped[Symbol.dispose]()
    })
    const thread = assumeThread(engine)
    atEnd(() => {
      thread[Symbol.dispose]()
    })
    if (typeof program.memory !== 'number') decoy = new Decoy(program.memory)
    program.setup?.(shared)
    decoy?.adopt(engine.programWords)
    engine.words.commit()
    engine.decoy = decoy
    if (learning) engine.learn(program, shared, memory)
    const { name = 'program' } = program
    const narrative = captionsFor(symbols)
    const stateless = engine.states === undefined ? engine.stateless : ''
    return use({ engine, symbols, stateless, model: { name, fold: ['sync', 'mem'] }, chance, narrative })
  } finally {
    takeDown()
  }
}
