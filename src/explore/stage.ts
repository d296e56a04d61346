/**
 * Sets a model up in this thread and puts the explorer in the place of the hardware: the checked build of `#access` asks
 * the engine, the tracepoints tell it. One stage at a time per thread; `close` gives the hardware back.
 */
import { memory, setController } from '../mem/access.checked.ts'
import { arenaOverheadBytes, attachArena, BRK, createArena, PERCPU_FREE, rootAddr } from '../mem/arena.ts'
import { layoutOf, type Layout } from '../mem/layout.ts'
import { ROOTS } from '../mem/roots.ts'
import { TASK_WORDS, task_of, task_struct } from '../mem/task.ts'
import { NULL_PAGE_WORDS } from '../base/constants.ts'
import { restChecks } from '../sync/members/rest.ts'
import { installObserver, removeObserver } from '../trace/observers.ts'
import type { Observer } from '../trace/observer.ts'
import { doneAtReturn, doneByThrowing } from '../define/brought.ts'
import type { Rules } from './engine/rules.ts'
import type { Program } from './engine/program.ts'
import { Reexec } from './engine/reexec.ts'
import { FREED } from './engine/words.ts'
import { LOCKDEP_WORDS, LockdepOracle } from './lockdep_oracle.ts'
import type { Model, Scene, State } from '../define/model.ts'
import { StageObserver } from './stage_observer.ts'
import { Symbols } from './symbols.ts'

/** Words of a model's arena if it does not say. */
const ARENA_WORDS = 1 << 13
/** Words of a root without a layout that bear its name. */
const BARE_WORDS = 2
/** What roots point to and only the core touches: the first word of each is its lock, or what all of it turns on. */
const OF_CORE: ReadonlySet<string> = new Set(['*kmem_cache', '*ring'])
/** Schedule points of one execution if the model does not say. */
const MAX_STEPS = 1000

/** Rules of the executions of a model. */
export function rulesOf(model: Model): Rules {
  const { races = true, invariant, lockdep = false } = model
  return {
    maxSteps: model.maxSteps ?? MAX_STEPS,
    earlyTimeouts: model.earlyTimeouts ?? 0,
    ...(model.tickNs !== undefined && { tickNs: model.tickNs }),
    races,
    eventsOnly: races && invariant === undefined && !lockdep,
    touchFreed: model.touchFreed ?? false,
    lowest: NULL_PAGE_WORDS,
  }
}

/** A model that has been set up in an arena of its own. */
export interface Scenery {
  readonly arena: SharedArrayBuffer
  readonly state: State
  readonly symbols: Symbols
  readonly observer: StageObserver
  readonly lockdep: LockdepOracle | undefined
}

/** Runs the model's set-up on the bare hardware. */
export function build(model: Model): Scenery {
  const cpus = model.cpus.length
  const words = (model.arenaWords ?? ARENA_WORDS) + (model.lockdep === true ? LOCKDEP_WORDS : 0)
  const arena = createArena(arenaOverheadBytes(cpus) + words * 4, cpus)
  const symbols = new Symbols()
  const observer = new StageObserver(symbols)
  installObserver(observer)
  const lockdep = model.lockdep === true ? new LockdepOracle() : undefined
  if (lockdep !== undefined) installObserver(lockdep.observer)
  try {
    const state = model.setup(sceneOf(arena, symbols))
    nameRoots(symbols)
    for (let cpu = 0; cpu < cpus; cpu++) symbols.name(task_of(cpu), TASK_WORDS, `task-${cpu}`, task_struct)
    return { arena, state, symbols, observer, lockdep }
  } finally {
    removeObserver(observer)
    if (lockdep !== undefined) removeObserver(lockdep.observer)
  }
}

function sceneOf(arena: SharedArrayBuffer, symbols: Symbols): Scene {
  return {
    name(address, name, shape = 1) {
      const layout: Layout | undefined = typeof shape === 'number' ? undefined : shape
      symbols.name(address, typeof shape === 'number' ? shape : shape.words, name, layout)
      return address
    },
    onCpu(cpu, fn) {
      attachArena(arena, cpu)
      fn()
      attachArena(arena, 0)
    },
  }
}

function nameRoots(symbols: Symbols): void {
  const words = memory()
  symbols.name(BRK, 1, 'brk')
  symbols.name(PERCPU_FREE, 1, 'percpu')
  for (const root of ROOTS) {
    const globals = words[rootAddr(root)]!
    const layout = layoutOf(`${root}_globals`)
    if (globals === 0) continue
    symbols.name(globals, layout?.words ?? BARE_WORDS, root, layout)
    for (const { name, offset, target } of layout?.fields ?? []) {
      const at = words[globals + offset]!
      if (at !== 0 && OF_CORE.has(target)) symbols.name(at, 1, `${root}.${name}`)
    }
  }
}

/** A model ready to be explored on this thread. */
export class Stage {
  readonly model: Model
  readonly symbols: Symbols
  readonly engine: Reexec
  readonly state: State
  readonly program: Program
  readonly lockdep: LockdepOracle | undefined
  readonly #observers: readonly Observer[]

  constructor(model: Model) {
    const { state, symbols, observer, lockdep } = build(model)
    this.model = model
    this.symbols = symbols
    this.state = state
    this.lockdep = lockdep
    this.#observers = lockdep === undefined ? [observer] : [lockdep.observer, observer]
    this.program = programOf(
      model,
      state,
      restOf(symbols, (at) => isFreed(this.engine, at)),
    )
    this.engine = new Reexec(memory(), this.program, rulesOf(model))
    this.engine.calm = calmWords(model, symbols)
    observer.attach(this.engine)
    lockdep?.attach(this.engine)
    setController(this.engine)
    for (const one of this.#observers) installObserver(one)
  }

  /** The hardware takes over again. */
  close(): void {
    for (const one of this.#observers) removeObserver(one)
    setController()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** Asks once for each word: whoever allocates it again is taken for the same kind. */
function calmWords({ calm }: Model, symbols: Symbols): ((address: number) => boolean) | undefined {
  if (calm === undefined) return undefined
  // 0 not asked, 1 no, 2 yes.
  const asked = new Uint8Array(memory().length)
  return (address) => {
    if (asked[address] === 0) asked[address] = calm.test(symbols.word(address)) ? 2 : 1
    return asked[address] === 2
  }
}

function isFreed({ words }: Reexec, address: number): boolean {
  return words.table[words.at(address) + FREED] !== 0
}

/** Fails if a primitive that set-up has named, alone or inside a struct, is not at rest. */
function restOf(symbols: Symbols, isFreed: (address: number) => boolean): () => void {
  const all = symbols
    .structs()
    .map(({ start, name, layout }) => ({ start, checks: restChecks(layout, start, name) }))
    .filter(({ checks }) => checks.length > 0)
  return () => {
    for (const { start, checks } of all) {
      if (isFreed(start)) continue
      for (const one of checks) {
        const wrong = one()
        if (wrong !== '') throw new Error(wrong)
      }
    }
  }
}

function programOf(model: Model, state: State, rest: () => void): Program {
  const { finish, invariant } = model
  return {
    bodies: model.cpus.map((body, cpu) => () => {
      doneAtReturn(`cpus[${cpu}]`, body(state))
    }),
    finish() {
      doneByThrowing('finish', finish?.(state))
      rest()
    },
    invariant:
      invariant &&
      (() => {
        doneByThrowing('invariant', invariant(state))
      }),
    leaks: model.leaks,
  }
}
