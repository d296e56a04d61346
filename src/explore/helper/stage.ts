/**
 * Sets a program up: its memory, an engine over a copy of it, the globals swapped. One exploration at a time in a thread.
 */
import { DEADLOCK, isFailure, LOST_WAKEUP, NONDETERMINISM } from '../../define/outcome.ts'
import type { Policy, Rules } from '../engine/execution.ts'
import type { Program as Calls } from '../engine/nested.ts'
import type { Staged } from '../explore.ts'
import { captionsFor, WordNames } from './captions.ts'
import { Decoy } from './decoy.ts'
import type { UserEngine } from './engine.ts'
import { swapGlobals } from './globals.ts'
import { Grain, REGRAIN } from './grain.ts'
import { kindNamed } from './kinds.ts'
import { LearningEngine } from './learning_engine.ts'
import { bytesOf, type Program } from './program.ts'
import { RefusedError, unsupported } from './refused.ts'
import { difference, record, restore, SamePolicy } from './repeat.ts'
import { Captures, type Captured } from './source/captured.ts'
import { Outsides } from './source/outside.ts'
import { placeText } from './source/place_text.ts'
import { twinOf, type Tell } from './source/twin.ts'
import { StateHash } from './state.ts'
import { activate, activeMemory, Memory } from './views.ts'
import { assumeThread } from './thread_number.ts'

const MAX_STEPS = 1000
const BYTES = 4
/** Executions that are run twice from the start, and every how many after that. */
const FIRST_TWICE = 16
const EVERY_TWICE = 256
/** The same where the text of the bodies says that they have no effect outside of the memory. */
const EVERY_TWICE_READ = 1024

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

export const ADVICE =
  'What a body does must depend on the memory alone: build objects inside it, and use choose(n) for what is left to chance'

/** The engine of a staged program: every execution is watched for what the explorer does not see. */
class WatchedEngine extends LearningEngine {
  decoy: Decoy | undefined
  nameOf: (addr: number) => string = String
  /** Bodies need not run in every execution. */
  learns = false
  /** Every how many executions one is run twice. */
  everyTwice = EVERY_TWICE
  states: StateHash | undefined
  /** Why it has none. */
  stateless = 'what the operations return is kept outside of the memory'
  #runs = 0
  #rousing = -1
  #roused = false
  #progress = false
  /** Byte that the sleeper of the experiment sleeps on. */
  #at = 0

  constructor(initial: Int32Array, program: Calls, rules: Rules, grain: Grain) {
    super(initial, program, rules, grain)
    this.hasOutside = program.finish !== undefined
  }

  /** Bodies of which this much is known are learned. */
  learn({ threads, invariant }: Program, shared: Int32Array, memory: Memory): void {
    const read = new Read({ threads }, (place, values) => {
      const text = placeText(place, values, memory)
      if (text !== undefined) this.at(text)
    })
    this.stateless = read.outside
    if (read.outside === '') {
      this.hasOutside = false
      this.states = new StateHash(this)
      if (this.everyTwice === EVERY_TWICE) this.everyTwice = EVERY_TWICE_READ
    }
    // An invariant could look at what a body that does not run has not done outside, and a body could reach the caller's memory.
    this.learns = read.outside === '' || (invariant === undefined && typeof memory.own === 'number')
    this.alike.push(...read.alike)
    this.twins.push(...read.twins.map((twin) => twin && (() => twin(shared))))
  }

  override execute(policy: Policy): number {
    const runs = this.#runs++
    if (this.learns && this.listener === null && this.narrative === undefined) this.executeKnown(policy)
    else {
      this.savedBy = undefined
      this.decoy?.first()
      super.execute(policy)
      this.#checkDecoy()
    }
    const failed = isFailure(this.outcome)
    if (!this.touched && !failed) throw nothingTouched()
    const watched =
      (this.decoy !== undefined && !this.learns) || runs < FIRST_TWICE || runs % this.everyTwice === 0
    if (watched || failed) this.#again(policy)
    if (this.outcome === LOST_WAKEUP) this.#judgeSleepers(policy)
    return this.outcome
  }

  #checkDecoy(): void {
    const byte = this.decoy?.changed() ?? -1
    if (byte >= 0) throw unseen(`byte ${byte} of the memory was written`)
  }

  /** Runs the same schedule without anybody listening. */
  #silently(policy: Policy): void {
    this.savedBy = undefined
    const { listener, narrative } = this
    this.listener = null
    this.narrative = undefined
    try {
      super.execute(policy)
    } finally {
      this.listener = listener
      this.narrative = narrative
    }
  }

  /** Runs the execution a second time, its bodies as they are, and compares. */
  #again(policy: Policy): void {
    const before = record(this)
    const { error, failedAddr, failedCpu, sleep, savedBy } = this
    this.decoy?.second()
    this.#silently(new SamePolicy(before))
    this.#checkDecoy()
    const text = difference(this, before, this.nameOf)
    restore(this, before)
    this.policy = policy
    Object.assign(this, {
      error,
      failedAddr,
      failedCpu,
      sleep,
      outcome: before.outcome,
      message: before.message,
    })
    if (text === '') {
      // What was saved of the first run is right for the second one too.
      this.savedBy = savedBy
      return
    }
    if (this.decoy !== undefined)
      throw unseen(`over other contents of the buffer the same schedule differs: ${text}`)
    this.outcome = NONDETERMINISM
    this.message = `The same schedule was run twice: ${text}. ${ADVICE}`
  }

  /** A wake-up is lost only if somebody who sleeps could go on when woken; if nobody could, it is a deadlock. */
  #judgeSleepers(policy: Policy): void {
    const before = record(this)
    const { failedAddr, failedCpu, sleep } = this
    let goesOn = false
    for (let cpu = 0; cpu < this.cpus && !goesOn; cpu++) goesOn = this.#couldGoOn(cpu, before)
    this.#silently(new SamePolicy(before))
    restore(this, before)
    this.policy = policy
    Object.assign(this, { failedAddr, failedCpu, sleep })
    this.outcome = goesOn ? LOST_WAKEUP : DEADLOCK
  }

  #couldGoOn(cpu: number, before: ReturnType<typeof record>): boolean {
    this.#rousing = cpu
    this.#roused = this.#progress = false
    const others = (enabled: number): number => {
      if (((enabled >> cpu) & 1) !== 0) return cpu
      this.#progress = true
      return 31 - Math.clz32(enabled)
    }
    this.#silently(new SamePolicy(before, others))
    this.#rousing = -1
    return this.#progress || this.outcome !== DEADLOCK
  }

  /** Nobody can run: once, the sleeper of the experiment is woken; the second time it is seen how far it came. */
  protected override rouse(): number {
    const cpu = this.#rousing
    if (cpu < 0) return -1
    if (!this.#roused && this.mayRouse(cpu)) {
      this.#roused = true
      this.#at = this.sleepsAt(cpu)
      this.wakeForTrial(cpu)
      return cpu
    }
    if (this.#roused && !(this.mayRouse(cpu) && this.sleepsAt(cpu) === this.#at)) this.#progress = true
    return this.fail(DEADLOCK, cpu)
  }
}

export function unseen(what: string): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_UNSEEN',
    `the program's memory was reached in a way that the explorer does not see: ${what}. This happens through views made before the run, functions taken out of Atomics, or WebAssembly. Make views inside the bodies, from the memory that they are given, and call Atomics.load and the others by their full name`,
  )
}

export function nothingTouched(): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_NOTHING_TOUCHED',
    'no body has touched the memory of the program, so there is nothing to explore: use the memory that bodies are given as their argument',
  )
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

type Body = Program['threads'][number]

function outsideText(cpu: number): string {
  return `threads[${cpu}], or what it calls, may change or keep something outside of the memory: a variable or object that it has not made, a method, or code that is not read (functions inside functions, classes, destructuring, switch, for-of, finally)`
}

/** What is known of the code of the bodies beside what they do. */
class Read {
  readonly twins: (Body | undefined)[] = []
  readonly alike: number[] = []
  /** Why it is not known that they have no effect outside of the memory; '' if it is. */
  readonly outside: string

  constructor({ threads }: Pick<Program, 'threads'>, tell: Tell) {
    using captures = new Captures()
    const outsides = new Outsides(captures)
    const stranger = threads.findIndex((body) => !outsides.none(body))
    this.outside = stranger < 0 ? '' : outsideText(stranger)
    if (stranger >= 0) return
    for (const [cpu, body] of threads.entries()) {
      this.alike[cpu] = threads.indexOf(body)
      this.twins[cpu] = twinOf(body, captures.of(body) as Captured, tell)
    }
  }
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
        if (isThenable(check(shared))) throw unsupported('a check returned a promise: checks are synchronous')
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
  /** Every how many executions one is run a second time, its bodies as they are; EVERY_TWICE if not given. */
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
  { spurious, learning = true, everyTwice = EVERY_TWICE }: How,
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
  activate(memory)
  try {
    using _swapped = swapGlobals(memory, engine, (source) => chance.add(source))
    using _thread = assumeThread(engine)
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
    decoy?.restore()
    activate(undefined)
  }
}
