/**
 * Sets a program of async bodies up. Like stage.ts, but that what it runs takes turns of the event loop.
 */
import { DEADLOCK, isFailure, LOST_WAKEUP, NONDETERMINISM } from '../../define/outcome.ts'
import type { Policy } from '../engine/policy.ts'
import { ROW, T_ADDR } from '../engine/rows.ts'
import { AsyncEngine } from './async_engine.ts'
import { hearRejections, timers } from './async_globals.ts'
import { handleOf, type AgentHandle } from './ports.ts'
import { captionsFor, WordNames } from './captions.ts'
import { watching } from './async_watchdog.ts'
import { Decoy } from './decoy.ts'
import { refuseLater, startedOutside } from './from_outside.ts'
import { swapGlobals } from './globals.ts'
import { Grain, REGRAIN } from './grain.ts'
import { Held } from './held.ts'
import { bytesOf, type Program } from './program.ts'
import { unsupported } from './refused.ts'
import { difference, record, restore, SamePolicy } from './repeat.ts'
import { checksOf, memoryOf, rulesOf, setUpOf, wordsOf, type UserStage } from './stage.ts'
import { assumeThread } from './thread_number.ts'
import { activate, activeMemory } from './views.ts'
import { DEFAULT_MS } from './verdicts.ts'
import { ADVICE, nothingTouched, unseen } from './watched_engine.ts'

const BYTES = 4
/** Executions that are run twice from the start, and every how many after that. */
const FIRST_TWICE = 8
const EVERY_TWICE = 128

/** A program whose bodies await. */
export interface AsyncProgram extends Omit<Program, 'threads' | 'earlyTimeouts' | 'spuriousWakeups'> {
  /** Two to eight bodies, each an agent with an event loop of its own. */
  readonly threads: readonly ((memory: Int32Array, agent: AgentHandle) => unknown)[]
}

/** Watches executions as the engine of synchronous bodies does. */
class WatchedAsyncEngine extends AsyncEngine {
  decoy: Decoy | undefined
  nameOf: (addr: number) => string = String
  /** Every how many executions one is run twice. */
  everyTwice = EVERY_TWICE
  #runs = 0

  override async executeAsync(policy: Policy): Promise<number> {
    this.decoy?.first()
    this.held?.begin()
    const outcome = await super.executeAsync(policy)
    this.#checkDecoy()
    if (!this.touched && !isFailure(outcome)) throw nothingTouched()
    const runs = this.#runs++
    const watched = this.decoy !== undefined || runs < FIRST_TWICE || runs % this.everyTwice === 0
    if (watched || isFailure(outcome)) await this.#again(policy, runs === 0)
    return this.outcome
  }

  #checkDecoy(): void {
    const byte = this.decoy?.changed() ?? -1
    if (byte >= 0) throw unseen(`byte ${byte} of the memory was written`)
  }

  async #again(policy: Policy, first: boolean): Promise<void> {
    const before = record(this)
    const { error, failedAddr, failedCpu, sleep, listener, narrative, agents } = this
    this.decoy?.second()
    Object.assign(this, { listener: null, narrative: undefined })
    const stuck = before.outcome === DEADLOCK || before.outcome === LOST_WAKEUP
    const again = async (): Promise<unknown> => super.executeAsync(new SamePolicy(before))
    if (first || stuck) await startedOutside(this, stuck, again)
    else await again()
    this.#checkDecoy()
    let text = difference(this, before, this.nameOf)
    const { held, decoy } = this
    this.held = undefined
    for (const _ of (held && decoy?.layers(held)) ?? []) {
      if (text !== '') break
      // eslint-disable-next-line no-await-in-loop -- one execution after the other
      await again()
      this.#checkDecoy()
      text = difference(this, before, this.nameOf)
    }
    Object.assign(this, { listener, narrative, held })
    restore(this, before)
    const { outcome, message } = before
    Object.assign(this, { error, failedAddr, failedCpu, sleep, policy, outcome, message, agents })
    if (text === '') return
    if (this.decoy !== undefined)
      throw unseen(`over other contents of the buffer the same schedule differs: ${text}`)
    this.outcome = NONDETERMINISM
    this.message = `The same schedule was run twice: ${text}. ${ADVICE}`
  }
}

export interface AsyncStage extends UserStage {
  readonly engine: WatchedAsyncEngine
}

/** Runs `use` with the program set up and the globals swapped; again if something about the memory was learned. */
export async function stagedAsync<R>(
  program: AsyncProgram,
  use: (stage: AsyncStage) => Promise<R>,
  everyTwice: number = EVERY_TWICE,
  ms: number = DEFAULT_MS,
): Promise<R> {
  if (activeMemory() !== undefined) throw unsupported('one exploration at a time: another one is under way')
  const grain = new Grain(Math.ceil(bytesOf(program) / BYTES))
  for (;;) {
    grain.learned = false
    try {
      // eslint-disable-next-line no-await-in-loop -- one attempt after the other
      return await attempt(program, grain, everyTwice, ms, use)
    } catch (error) {
      if (error !== REGRAIN) throw error
    }
  }
}

/** Who runs, and what its thread did last. */
function lastStep(engine: WatchedAsyncEngine, { threads }: AsyncProgram): string {
  const { me, step, rows, aside, nameOf } = engine
  const who = aside === '' ? `cpu-${me} (${threads[me]?.name ?? ''})` : aside
  const addr = step === 0 ? 0 : rows[(step - 1) * ROW + T_ADDR]!
  return addr === 0 ? who : `${who}, after step ${step} on ${nameOf(addr)},`
}

async function attempt<R>(
  program: AsyncProgram,
  grain: Grain,
  everyTwice: number,
  ms: number,
  use: (stage: AsyncStage) => Promise<R>,
): Promise<R> {
  const plain = program as unknown as Program
  const { memory, shared } = memoryOf(plain)
  let decoy: Decoy | undefined
  const { length } = program.threads
  const bodies = program.threads.map(
    (body, i) => () => body(shared, handleOf(i, length, engine, memory)) as undefined,
  )
  const calls = {
    bodies,
    ...checksOf(
      plain,
      shared,
      () => decoy,
      () => engine,
    ),
  }
  const engine: WatchedAsyncEngine = new WatchedAsyncEngine(
    wordsOf(plain),
    calls,
    rulesOf(plain, false),
    grain,
  )
  engine.everyTwice = everyTwice
  memory.engine = engine
  const symbols = new WordNames(plain)
  for (let cpu = 0; cpu < length; cpu++) symbols.name(engine.inboxOf(cpu), 1, `tasks of cpu-${cpu}`)
  engine.nameOf = (addr) => symbols.word(addr)
  const chance = new Set<string>()
  activate(memory)
  try {
    using _watch = watching(ms, () => lastStep(engine, program))
    using _swapped = swapGlobals(memory, engine, (source) => chance.add(source), {
      later: timers(engine),
      waitAsync: (kind, at, value, ns) => engine.waitAsync(kind, at, value, ns, symbols.bytes(at, kind.size)),
    })
    using _thread = assumeThread(engine)
    using _rejections = hearRejections(engine)
    if (typeof program.memory !== 'number') decoy = new Decoy(program.memory)
    const stop = refuseLater(engine)
    try {
      setUpOf(plain, shared, engine)
    } finally {
      stop()
    }
    decoy?.adopt(engine.programWords)
    engine.words.commit()
    engine.decoy = decoy
    if (decoy !== undefined) engine.held = new Held(engine.snapshot())
    const { name = 'program' } = program
    const narrative = captionsFor(symbols)
    const model = { name, fold: ['sync', 'mem'] }
    return await use({
      engine,
      symbols,
      model,
      chance,
      narrative,
      stateless: 'the bodies await',
      untold: false,
    })
  } finally {
    decoy?.restore()
    activate(undefined)
  }
}
