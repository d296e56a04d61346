/**
 * Every two ways to use a primitive beside each other, for every member of sync: what is never asleep at the same time as what
 * else is never tested. A token needs a third CPU that puts it: those pairs are explored up to a bound, each way alone is
 * exhausted. Each must get what it waits for unless it may give up, and all words are at rest in the end.
 */
import { fetch_add, read, READ_ONCE, write } from '#access'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct } from '../mem/layout.ts'
import { locks, tokens } from '../sync/members/index.ts'
import type { Lock, Side, Tokens } from '../sync/members/shapes.ts'
import { send_signal } from '../sync/park.ts'
import { check, defineModel, type Model } from '../define/model.ts'
import { pairs, sideWays, tokenWays, type Way } from './ways.ts'

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

function lockPair(lock: Lock, a: Entry, b: Entry): Model {
  const signalled = [a, b].findIndex(({ way }) => way.signal === true)
  return defineModel<Held>({
    name: `${lock.name}:${a.name}+${b.name}`,
    summary: `${lock.name}, each once: ${a.name} ‖ ${b.name}`,
    setup(scene) {
      const at = scene.name(alloc_boot(lock.layout.words), 'lock', lock.layout)
      lock.init(at, 'lock')
      return {
        lock: at,
        counter: scene.name(alloc_boot(1), 'counter'),
        got: scene.name(alloc_boot(1), 'got'),
      }
    },
    cpus: [(s) => a.run(s), (s) => b.run(s), ...(signalled < 0 ? [] : [() => send_signal(signalled)])],
    finish: ({ counter, got }) => check(read(counter) === read(got), 'an update was lost'),
    ...early,
  })
}

function lockPairs(lock: Lock): Model[] {
  const own = entries(lock, '', count)
  const shared = lock.shared === undefined ? [] : entries(lock.shared, 'shared-', look)
  return pairs([...own, ...shared]).map(([a, b]) => lockPair(lock, a, b))
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

function tokenModels(of: Tokens): Model[] {
  const ways = tokenWays(of)
  return [
    ...ways.map((way) => tokenModel(of, [way])),
    ...ways.filter(({ signal }) => signal).map((way) => signalled(of, way)),
    ...pairs(ways).map((two) => pairModel(of, two)),
  ]
}

/** All of them. */
export const wayPairs: readonly Model[] = [...locks.flatMap(lockPairs), ...tokens.flatMap(tokenModels)]
