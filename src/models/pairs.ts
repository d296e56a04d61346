/**
 * Every two ways to use a primitive beside each other, for every member of sync: what is never asleep at the same time as what
 * else is never tested. A token needs a third CPU that puts it: those pairs are explored up to a bound, each way alone is
 * exhausted. Each must get what it waits for unless it may give up, and all words are at rest in the end.
 */
import { fetch_add, futex_wait, futex_wake, ktime_get_ns, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct } from '../mem/layout.ts'
import { locks, tokens } from '../sync/members/index.ts'
import type { Lock, Side, Tokens } from '../sync/members/shapes.ts'
import { send_signal } from '../sync/park.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { PATIENCE_NS, pairs, sideWays, tokenWays, type Way } from './ways.ts'

const early = { earlyTimeouts: 1 }

interface Held extends Record<string, number> {
  readonly lock: number
  readonly counter: number
  readonly got: number
}

/** A way into a lock, with what it does there: owners count, those that share look. */
interface Entry {
  readonly way: Way
  readonly name: string
  readonly run: (s: Held) => void
}

function entries(side: Side, prefix: string, inside: (s: Held) => void): Entry[] {
  return sideWays(side).map((way) => ({
    way,
    name: prefix + way.name,
    run(s) {
      if (!way.take(s.lock)) return
      inside(s)
      side.unlock(s.lock)
    },
  }))
}

function count({ counter, got }: Held): void {
  write(counter, read(counter) + 1)
  fetch_add(got, 1)
}

function look({ counter }: Held): void {
  const before = read(counter)
  check(read(counter) === before, 'it changes under a reader')
}

function heldSetup(lock: Lock, scene: Scene): Held {
  const at = scene.name(alloc_boot(lock.layout.words), 'lock', lock.layout)
  lock.init(at, 'lock')
  return { lock: at, counter: scene.name(alloc_boot(1), 'counter'), got: scene.name(alloc_boot(1), 'got') }
}

function lockPair(lock: Lock, a: Entry, b: Entry): Model {
  const signalled = [a, b].findIndex(({ way }) => way.signal === true)
  return defineModel<Held>({
    name: `${lock.name}:${a.name}+${b.name}`,
    summary: `${lock.name}, each once: ${a.name} ‖ ${b.name}`,
    setup: (scene) => heldSetup(lock, scene),
    cpus: [(s) => a.run(s), (s) => b.run(s), ...(signalled < 0 ? [] : [() => send_signal(signalled)])],
    finish: ({ counter, got }) => check(read(counter) === read(got), 'an update was lost'),
    ...early,
  })
}

/** The lock is held until the other has given up. */
function inVain(lock: Lock, { lockFor }: Side, prefix: string): Model[] {
  if (lockFor === undefined) return []
  return [
    defineModel<Held>({
      name: `${lock.name}:${prefix}timed-in-vain`,
      summary: `${lock.name}: ${prefix}timed ‖ a holder who waits until it has given up`,
      setup(scene) {
        const s = heldSetup(lock, scene)
        lock.lock(s.lock)
        return s
      },
      cpus: [
        function holder({ lock: at, got }) {
          while (READ_ONCE(got) === 0) futex_wait(got, 0)
          lock.unlock(at)
        },
        function timed({ lock: at, got }) {
          const since = ktime_get_ns()
          check(lockFor(at, PATIENCE_NS) !== 0, 'it has what another holds')
          check(ktime_get_ns() - since < 10 * PATIENCE_NS, 'it gave up long after its time')
          WRITE_ONCE(got, 1)
          futex_wake(got, 1)
        },
      ],
    }),
  ]
}

function lockPairs(lock: Lock): Model[] {
  const own = entries(lock, '', count)
  const shared = lock.shared === undefined ? [] : entries(lock.shared, 'shared-', look)
  return [
    ...pairs([...own, ...shared]).map(([a, b]) => lockPair(lock, a, b)),
    ...inVain(lock, lock, ''),
    ...(lock.shared === undefined ? [] : inVain(lock, lock.shared, 'shared-')),
  ]
}

interface Counter extends Record<string, number> {
  readonly at: number
  readonly taken: number
}

/** What a counter's takers do beside one that puts as many as they want. */
function tokenModel(of: Tokens, ways: readonly Way[], more: Partial<Model<Counter>> = {}): Model {
  const layout = struct(`${of.name}_counter`, { it: embed(of.layout) })
  const signalled = ways.findIndex(({ signal }) => signal === true)
  const given = ways.reduce((sum, { units }) => sum + units, 0)
  const takers = ways.map((way) => ({ at, taken }: Counter): void => {
    if (way.take(at)) fetch_add(taken, way.units)
  })
  return defineModel<Counter>({
    name: `${of.name}-tokens:${ways.map(({ name }) => name).join('+')}`,
    summary: `${of.name}, as many put as wanted: ${ways.map(({ name }) => name).join(' ‖ ')}`,
    setup(scene) {
      const at = scene.name(alloc_boot(of.words), 'counter', layout)
      of.init(at, 0, 'counter')
      return { at, taken: scene.name(alloc_boot(1), 'taken') }
    },
    cpus: [
      ...takers,
      function giver({ at }) {
        for (let i = 0; i < given; i++) of.put(at)
      },
      ...(signalled < 0 ? [] : [() => send_signal(signalled)]),
    ],
    finish({ at, taken }) {
      const left = of.count(at)
      check(left + READ_ONCE(taken) === given, `${READ_ONCE(taken)} taken and ${left} left of ${given}`)
    },
    ...early,
    ...more,
  })
}

/** Nobody puts: the signal alone must end the wait, whenever it comes. */
function signalled(of: Tokens, way: Way): Model {
  return tokenModel(of, [way], {
    name: `${of.name}-tokens:${way.name}-in-vain`,
    summary: `${of.name}, nothing is put: ${way.name} ‖ a signal`,
    cpus: [
      ({ at }) => check(!way.take(at), 'it took what nobody has put'),
      function signaller() {
        send_signal(0)
      },
    ],
    finish: ({ at }) => check(of.count(at) === 0, 'there is something that nobody has put'),
  })
}

/** Pairs of which DPOR sees every interleaving: one that does not wait leaves few. */
const WHOLE = new Set([
  ...['semaphore', 'completion'].flatMap((of) =>
    ['trytake+trytake', 'take+trytake', 'trytake+timed', 'trytake+async', 'trytake+async-abort'].map(
      (two) => `${of}-tokens:${two}`,
    ),
  ),
  'semaphore-tokens:trytake+async-two',
  'channel-tokens:trytake+trytake',
])

/** Two takers, with the preemptions up to which every schedule is seen. */
function pairModel(of: Tokens, two: readonly Way[]): Model {
  const model = tokenModel(of, two)
  if (WHOLE.has(model.name)) return model
  return { ...model, bound: two.some(({ signal }) => signal) ? 1 : 2 }
}

/**
 * One that gives up, or gives back what it got, beside one that must get it, and one is put: whoever was woken in place of the
 * other sees to it that the other is woken.
 */
function passedOn(of: Tokens, patient: Way, impatient: Way): Model {
  const taker = ({ at, taken }: Counter): void => {
    if (patient.take(at)) fetch_add(taken, 1)
  }
  const returner = ({ at }: Counter): void => {
    if (impatient.take(at)) of.put(at)
  }
  const model = tokenModel(of, [patient, impatient], {
    name: `${of.name}-passed-on:${patient.name}+${impatient.name}`,
    summary: `${of.name}, one is put: ${patient.name} ‖ ${impatient.name}, which gives back what it got`,
    finish: ({ at, taken }) =>
      check(READ_ONCE(taken) === 1 && of.count(at) === 0, 'what was put is not where it belongs'),
    bound: impatient.signal === true ? 1 : 2,
  })
  const signals = impatient.signal === true ? [() => send_signal(1)] : []
  return defineModel<Counter>({
    ...(model as unknown as Model<Counter>),
    cpus: [taker, returner, ({ at }) => of.put(at), ...signals],
  })
}

/** Those that wait for one, by whether they may give up; trying alone waits for nothing. */
function passedOnModels(of: Tokens, ways: readonly Way[]): Model[] {
  const waiting = ways.filter(({ name, units }) => units === 1 && name !== 'trytake')
  const patient = waiting.filter(({ mayFail }) => !mayFail)
  return patient.flatMap((one) =>
    waiting.filter(({ mayFail }) => mayFail).map((other) => passedOn(of, one, other)),
  )
}

function tokenModels(of: Tokens): Model[] {
  const ways = tokenWays(of)
  return [
    ...ways.map((way) => tokenModel(of, [way])),
    ...ways.filter(({ signal }) => signal).map((way) => signalled(of, way)),
    ...pairs(ways).map((two) => pairModel(of, two)),
    ...passedOnModels(of, ways),
  ]
}

/** All of them. */
export const wayPairs: readonly Model[] = [...locks.flatMap(lockPairs), ...tokens.flatMap(tokenModels)]
