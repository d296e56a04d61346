/**
 * Our own primitives, on an arena of their own. A variant is a pair of src/sync/members (`mutex`, `rwsem.shared`), or what takes
 * more than a pair: writers beside readers, grace periods, the turns of a monitor.
 */
import { attach, ktime_get_ns } from '#access'
import { as, type Addr } from '../../src/base/index.ts'
import { alloc_boot, createArena, task_of } from '../../src/mem/index.ts'
import { gracePeriods, monitors, type Lock, type Monitor } from '../../src/sync/members/index.ts'
import { pairNamed, pairs, type Pair } from '../../src/sync/members/pairs.ts'
import type { Contender, Section } from '../contender.ts'
import { turns } from '../turns.ts'

/** CPUs of the arena, whatever the number of workers: a grace period looks at each. */
export const SRCU_SLOTS = 16
const ARENA_BYTES = 1 << 16

/** Length of the readers that a grace period meets. */
const READ_NS = 1000

function never(): void {}

/** What the workers of a row share: the arena, and where its object is. */
interface Memory {
  readonly sab: SharedArrayBuffer
  readonly at: number
}

/** Who goes through: the worker's number, how many there are, and the words beside the arena. */
interface Thread {
  readonly cpu: number
  readonly workers: number
  readonly view: Int32Array
}

interface Variant {
  /** Makes the object, on main. */
  init(this: void, memory: Memory, workers: number): void
  bind(this: void, memory: Memory, thread: Thread): Section
}

const simple = ({ name, init, bind }: Pair): Variant => ({
  init: ({ at }, workers) => init(at, name, workers),
  bind: ({ at }) => bind(at),
})

/** Worker 0 writes, the others read. */
const oneWriter = (name: string): Variant => ({
  init: ({ at }, workers) => pairNamed(name).init(at, name, workers),
  bind: ({ at }, { cpu }) => pairNamed(cpu === 0 ? name : `${name}.shared`).bind(at),
})

const grace = (bind: (at: number, cpu: number) => Section): Variant => ({
  init: ({ at }, workers) => pairNamed('srcu.read').init(at, 'srcu', workers),
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

/** One after the other goes through. */
const turn = ({ name, init, lock, unlock, wait, signal }: Monitor): [string, Variant] => [
  `${name}.turn`,
  {
    init: ({ at }) => init(at),
    bind: ({ at }, { view, cpu, workers }) =>
      turns(view, cpu, workers, {
        lock: () => lock(at),
        unlock: () => unlock(at),
        wait: () => void wait(at, Infinity),
        signal: () => signal(at),
      }),
  },
]

const [domain] = gracePeriods as [(typeof gracePeriods)[number]]

/** What takes more than a pair. */
const FURTHER: Readonly<Record<string, Variant>> = {
  'rwsem.one-writer': oneWriter('rwsem'),
  'srcu.grace': grace((at) => ({ enter: () => domain.sync(at), leave: never })),
  'srcu.updater': updater(domain.sync),
  'srcu.expedited': updater(domain.exp_sync),
  ...Object.fromEntries(monitors.map(turn)),
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
    const memory = { sab, at: alloc_boot(256) }
    init(memory, workers)
    return memory
  },
  bind(view, cpu, name, shared, workers) {
    const memory = shared as Memory
    attach(new Int32Array(memory.sab), cpu, taskOf(name, cpu))
    return Promise.resolve(variantNamed(name).bind(memory, { view, cpu, workers }))
  },
}
