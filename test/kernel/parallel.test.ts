import { describe, expect, test } from 'vitest'
import { type KernelCounts, uevent_records } from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { bodyModule } from '../setup/bodies.ts'
import { bootKernel } from './fixture.ts'

const module = bodyModule('devices')
const CPUS = 4
const ROUNDS = 100

async function start(secondOrder: boolean) {
  const sab = bootKernel({ secondOrder, ueventRecords: 4096 }, CPUS + 2)
  const run = <T>(body: string | string[], arg: unknown = {}) =>
    runBodies<T>({ sab, cpus: typeof body === 'string' ? 1 : body.length, firstCpu: 1, module, body, arg })
  const [before] = await run<KernelCounts>('setup', { parents: CPUS })
  return { run, before: before as KernelCounts }
}

describe.each([true, false])('with second-order locks %s, four CPUs on one bus', (secondOrder) => {
  test('add and remove devices and leave nothing; uevents number them without gap or repetition', async () => {
    const { run, before } = await start(secondOrder)
    const first = uevent_records().length
    expect(
      await run(
        Array.from({ length: CPUS }, () => 'churn'),
        { rounds: ROUNDS },
      ),
    ).toEqual([0, 0, 0, 0])
    const [after] = await run('counts')
    expect(after).toEqual({ ...before, busy: [], dangling: [] })

    const events = uevent_records().slice(first)
    const numbers = events.map((event) => event.seqnum)
    const inOrder = secondOrder ? numbers : numbers.toSorted((a, b) => a - b)
    expect(inOrder).toEqual(Array.from({ length: CPUS * ROUNDS * 4 }, (_, i) => first + 1 + i))

    const perDevice = new Map<string, string[]>()
    for (const { devpath, action } of events.toSorted((a, b) => a.seqnum - b.seqnum)) {
      perDevice.set(devpath, [...(perDevice.get(devpath) ?? []), action])
    }
    expect(perDevice.size).toBe(CPUS * ROUNDS)
    expect(new Set([...perDevice.values()].map(String))).toEqual(new Set(['add,bind,unbind,remove']))
  })

  test('fight for two names: whoever loses is told, and nothing leaks', async () => {
    const { run, before } = await start(secondOrder)
    const added = await run<number>(['fight', 'fight', 'fight', 'fight'], { rounds: ROUNDS })
    const [after] = await run<KernelCounts>('counts')
    // A device that wins the bus link can still meet its predecessor at the driver's link, and then stays unbound.
    const lost = CPUS * ROUNDS - added.reduce((a, b) => a + b)
    const { duplicates } = after as KernelCounts
    expect(duplicates).toBeGreaterThanOrEqual(lost)
    expect(after).toEqual({ ...before, duplicates, busy: [], dangling: [] })
  })

  test('walk the bus while it changes, without meeting a device that is gone', async () => {
    const { run, before } = await start(secondOrder)
    await run(['churn', 'churn', 'churn', 'walk'], { rounds: ROUNDS })
    const [after] = await run('counts')
    expect(after).toEqual({ ...before, busy: [], dangling: [] })
  })
})

test('adding and removing a device makes no JS objects, and the measure sees one where there is one', async () => {
  const { run } = await start(true)
  const [none] = await run<number>('heapPerDevice', { rounds: 2000, litter: false })
  const [one] = await run<number>('heapPerDevice', { rounds: 2000, litter: true })
  // The smallest object, a boxed number, takes 12 bytes or more.
  expect(none).toBeLessThan(8)
  expect(one).toBeGreaterThan(8)
})
