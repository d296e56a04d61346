/**
 * The model that every exclusive lock shares: each CPU adds to a plain counter under the lock. A lost addition shows at the
 * end; two CPUs inside at once show as a data race even if no addition is lost.
 */
import { read, write } from '#access'
import { alloc_boot } from '../mem/arena.ts'
import type { Layout } from '../mem/layout.ts'
import { check, defineModel, type Model } from '../define/model.ts'

/** How a CPU takes and gives back the lock; `lock` returns false if it did not get it. */
export interface Locking {
  readonly layout: Layout
  readonly init: (lock: number) => void
  readonly lock: (lock: number) => boolean | void
  readonly unlock: (lock: number) => void
}

/** State of the model. */
export interface Counted extends Record<string, number> {
  readonly lock: number
  readonly counter: number
  /** One word per CPU: how often it got the lock. */
  readonly got: number
}

/** Words set up for a counting model. */
export function countedSetup({ layout, init }: Locking, cpus: number): Model<Counted>['setup'] {
  return (scene) => {
    const lock = scene.name(alloc_boot(layout.words), 'lock', layout)
    const counter = scene.name(alloc_boot(1), 'counter')
    const got = scene.name(alloc_boot(cpus), 'got', cpus)
    init(lock)
    return { lock, counter, got }
  }
}

/** One round: take the lock, count, give it back. */
export function countOnce(by: Pick<Locking, 'lock' | 'unlock'>, cpu: number, s: Counted): void {
  if (by.lock(s.lock) === false) return
  write(s.counter, read(s.counter) + 1)
  write(s.got + cpu, read(s.got + cpu) + 1)
  by.unlock(s.lock)
}

/** The counter is the sum of what the CPUs counted. */
export function countedFinish(cpus: number): (s: Counted) => void {
  return ({ counter, got }) => {
    let sum = 0
    for (let cpu = 0; cpu < cpus; cpu++) sum += read(got + cpu)
    check(read(counter) === sum, `the counter is ${read(counter)}, not ${sum}`)
  }
}

/** A counting model; CPU i takes the lock as `ways[i]` does. */
export function counting(
  name: string,
  summary: string,
  ways: readonly Locking[],
  rounds: number,
  more: Partial<Omit<Model<Counted>, 'name' | 'summary' | 'cpus'>> = {},
): Model {
  const first = ways[0] as Locking
  return defineModel<Counted>({
    name,
    summary,
    setup: countedSetup(first, ways.length),
    cpus: ways.map((way, cpu) => (s) => {
      for (let round = 0; round < rounds; round++) countOnce(way, cpu, s)
    }),
    finish: countedFinish(ways.length),
    ...more,
  })
}

/** The same way for `n` CPUs. */
export function times<T>(n: number, one: T): T[] {
  return Array.from({ length: n }, () => one)
}
