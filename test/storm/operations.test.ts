import { describe, expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { createArena } from '#lockstorm/mem/index'
import {
  CREATE,
  DEFAULT_PLAN,
  deal,
  mostOperations,
  PLUG,
  REMOVE,
  roundOperations,
  UNPLUG,
  type Workplan,
} from '#lockstorm/storm/index'
import { bodyModule } from '../setup/bodies.ts'

const plan = (changes: Partial<Workplan> = {}): Workplan => ({ ...DEFAULT_PLAN, ...changes })
const busy = plan({ duplicates: 0.3, hotplug: 0.1, affinity: 'random', seed: 7 })

describe('the operations of a round', () => {
  test('are the same for the same seed, in another thread too', async () => {
    const sab = createArena(1 << 16, 2)
    const arg = { plan: busy, round: 3, cpus: 8 }
    const module = bodyModule('operations')
    const there = await runBodies({ sab, cpus: 2, module, body: 'operationsAsText', arg })
    const here = JSON.stringify(roundOperations(busy, 3, 8))
    expect(there).toEqual([here, here])
  })

  test('are other ones for another seed and in another round', () => {
    const text = (seed: number, round: number): string =>
      JSON.stringify(roundOperations({ ...busy, seed }, round, 8))
    expect(new Set([text(7, 0), text(7, 1), text(8, 0)]).size).toBe(3)
  })

  test.each(['own', 'spread', 'random'] as const)(
    'create each device once and remove it once, on one CPU (%s)',
    (affinity) => {
      for (const cpus of [1, 3, 8, 20]) {
        const [creates = [], removes = []] = roundOperations(plan({ affinity }), 0, cpus)
        const devices = (lists: typeof creates): number[][] =>
          lists.map((list) => list.map((op) => op.device))
        expect(devices(removes)).toEqual(devices(creates))
        expect(
          devices(creates)
            .flat()
            .toSorted((a, b) => a - b),
        ).toEqual([...Array(128).keys()])
        expect(new Set(creates.flat().map((op) => op.uuid)).size).toBe(128)
      }
    },
  )

  test('share the work evenly between 8 CPUs whatever the affinity', () => {
    for (const affinity of ['own', 'spread', 'random'] as const) {
      const sizes = deal(plan({ affinity }), 0, 8).map((list) => list.length)
      expect(sizes).toEqual(Array(8).fill(16))
    }
  })

  test('keep a CPU on its own parent, and spread CPUs over all parents', () => {
    const parents = (affinity: 'own' | 'spread'): number[] =>
      deal(plan({ affinity }), 0, 8).map((list) => new Set(list.map((i) => Math.floor(i / 16))).size)
    expect(parents('own')).toEqual(Array(8).fill(1))
    expect(parents('spread')).toEqual(Array(8).fill(8))
  })

  test('of a churn remove each device right after its create', () => {
    const [lists = []] = roundOperations(plan({ phase: 'churn' }), 0, 8)
    for (const list of lists) {
      expect(list.map((op) => op.kind)).toEqual(list.map((_, i) => (i % 2 === 0 ? CREATE : REMOVE)))
    }
  })

  test('try the wanted share of uuids twice: on another parent after the first, or at the same time elsewhere', () => {
    const [creates = []] = roundOperations(plan({ duplicates: 0.5 }), 0, 8)
    const first = new Map(
      creates
        .flat()
        .filter((op) => !op.duplicate)
        .map((op) => [op.uuid, op]),
    )
    const twins = creates.flatMap((list, cpu) => list.filter((op) => op.duplicate).map((op) => ({ op, cpu })))
    expect(twins.length).toBeGreaterThan(40)
    expect(twins.length).toBeLessThan(90)
    const across = twins.filter(({ op }) => first.get(op.uuid)?.parent !== op.parent)
    expect(across.length).toBeGreaterThan(10)
    for (const { op, cpu } of across) {
      const list = creates[cpu] ?? []
      const original = list.findIndex((one) => one.uuid === op.uuid)
      expect(list[original]?.duplicate).toBe(false)
      expect(list.indexOf(op)).toBeGreaterThan(original)
    }
    for (const { op, cpu } of twins.filter((twin) => !across.includes(twin))) {
      expect(creates[cpu]?.some((one) => one.uuid === op.uuid && !one.duplicate)).toBe(false)
    }
  })

  test('unplug and plug each parent in turn, from one CPU only, and leave it plugged', () => {
    const phases = roundOperations(busy, 0, 8)
    const owners = new Map<number, number>()
    let moves = 0
    for (const [cpu, list] of phases.flatMap((byCpu) => [...byCpu.entries()])) {
      const out = new Set<number>()
      for (const op of list.filter((one) => one.kind === UNPLUG || one.kind === PLUG)) {
        moves++
        expect(owners.get(op.parent) ?? cpu).toBe(cpu)
        owners.set(op.parent, cpu)
        expect(out.has(op.parent)).toBe(op.kind === PLUG)
        if (op.kind === UNPLUG) out.add(op.parent)
        else out.delete(op.parent)
      }
      expect([...out]).toEqual([])
    }
    expect(moves).toBeGreaterThan(10)
  })

  test('never exceed the room that is made for them', () => {
    const most = mostOperations(busy, 8)
    for (let round = 0; round < 50; round++) {
      const longest = Math.max(
        ...roundOperations(busy, round, 8)
          .flat()
          .map((list) => list.length),
      )
      expect(longest).toBeLessThanOrEqual(most)
    }
  })
})
