/**
 * Our own primitives, on an arena of their own. A variant is a pair of src/sync/members (`mutex`, `rwsem.shared`), or what takes
 * more than a pair: writers beside readers, grace periods, turns.
 */
import { attach, ktime_get_ns } from '#access'
import { as, type Addr } from '../../src/base/index.ts'
import { alloc_boot, createArena, task_of } from '../../src/mem/index.ts'
import * as sync from '../../src/sync/index.ts'
import { gracePeriods, type Lock } from '../../src/sync/members/index.ts'
import { pairNamed, pairs, type Pair } from '../../src/sync/members/pairs.ts'
import type { Contender, Section } from '../contender.ts'
import { turns } from '../turns.ts'

/** CPUs of the arena, whatever the number of workers: a grace period looks at each. */
export const SRCU_SLOTS = 16
const ARENA_BYTES = 1 << 16

/** Length of the readers that a grace period meets. */
const READ_NS = 1000

function never(): void {}

/** What the workers of a row share: the arena, and where its objects are. */
interface Memory {
  readonly sab: SharedArrayBuffer
  readonly at: number
  /** A second object, where there are two. */
  readonly other: number
}

/** Who goes through: the worker's number, how many there are, and the words beside the arena. */
interface Thread {
  readonly cpu: number
  readonly workers: number
  readonly view: Int32Array
}

interface Variant {
  /** Makes the objects, on main. */
  init(this: void, memory: Memory, workers: number): void
  bind(this: void, memory: Memory, thread: Thread): Section
}

const simple = ({ name, init, bind }: Pair): Variant => ({
  init: ({ at }) => init(at, name),
  bind: ({ at }) => bind(at),
})

/** Worker 0 writes, the others read. */
const oneWriter = (name: string): Variant => ({
  init: ({ at }) => pairNamed(name).init(at, name),
  bind: ({ at }, { cpu }) => pairNamed(cpu === 0 ? name : `${name}.shared`).bind(at),
})

const grace = (bind: (at: number, cpu: number) => Section): Variant => ({
  init: ({ at }) => pairNamed('srcu.read').init(at, 'srcu'),
  bind: ({ at }, { cpu }) => bind(at, cpu),
})

/** Worker 0 waits for one grace period after the other, the others read. */
const updater = (synchronize: (domain: number) => void): Variant =>
  grace((at, cpu) => {
    if (cpu === 0) return { enter: () => synchronize(at), leave: never }
    const { enter, leave } = pairNamed('srcu.read').bind(at)
    return {
      enter() {
        enter()
        for (const end = ktime_get_ns() + READ_NS; ktime_get_ns() < end;);
      },
      leave,
    }
  })

const [domain] = gracePeriods as [(typeof gracePeriods)[number]]

/** What takes more than a pair. */
const FURTHER: Readonly<Record<string, Variant>> = {
  'rwsem.one-writer': oneWriter('rwsem'),
  'srcu.grace': grace((at) => ({ enter: () => domain.sync(at), leave: never })),
  'srcu.updater': updater(domain.sync),
  'srcu.expedited': updater(domain.exp_sync),
  condition: {
    init({ at, other }) {
      sync.mutex_init(as(at), 'lock')
      sync.condition_init(as(other))
    },
    bind({ at, other }, { view, cpu, workers }) {
      const [lock, condition] = [as<'mutex'>(at), as<'condition'>(other)]
      return turns(view, cpu, workers, {
        lock: () => sync.mutex_lock(lock),
        unlock: () => sync.mutex_unlock(lock),
        wait: () => sync.condition_wait(condition, lock),
        signal: () => sync.condition_signal(condition),
      })
    },
  },
  barrier: {
    init: ({ at }, workers) => sync.barrier_init(as(at), workers),
    bind: ({ at }) => ({ enter: () => void sync.barrier_wait(as<'barrier'>(at)), leave: never }),
  },
  once: {
    init: never,
    bind: ({ at }) => ({ enter: () => void sync.call_once(as<'once'>(at), never), leave: never }),
  },
}

function variantNamed(name: string): Variant {
  return FURTHER[name] ?? simple(pairNamed(name))
}

/** Without a task, as in the memory of a program that uses the library, unless the lock needs one. */
function taskOf(variant: string, cpu: number): Addr<'task_struct'> {
  const of = pairs.find(({ name }) => name === variant)?.of as Lock | undefined
  return of?.needsTask === true ? task_of(cpu) : as(0)
}

export const contender: Contender = {
  name: 'lockstorm',
  unavailable: () => Promise.resolve(''),
  share(name, workers): Memory {
    const { init } = variantNamed(name)
    const sab = createArena(ARENA_BYTES, SRCU_SLOTS)
    const [at = 0, other = 0] = [256, 256].map((words) => alloc_boot(words))
    init({ sab, at, other }, workers)
    return { sab, at, other }
  },
  bind(view, cpu, name, shared, workers) {
    const memory = shared as Memory
    attach(new Int32Array(memory.sab), cpu, taskOf(name, cpu))
    return Promise.resolve(variantNamed(name).bind(memory, { view, cpu, workers }))
  },
}
