import { describe, expect, test } from 'vitest'
import type { KernelCounts } from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { bootKernel } from '../../kernel/fixture.ts'
import { bodyModule } from '../../setup/bodies.ts'

const module = bodyModule('devices')
const CPUS = 6

describe.each([
  { secondOrder: true, checked: false },
  { secondOrder: false, checked: false },
  { secondOrder: true, checked: true },
  { secondOrder: false, checked: true },
])('second-order locks $secondOrder, checked build $checked', ({ secondOrder, checked }) => {
  async function start() {
    const sab = bootKernel({ secondOrder }, CPUS + 2)
    const run = <T>(body: string | string[], arg: unknown = {}) =>
      runBodies<T>({
        sab,
        cpus: typeof body === 'string' ? 1 : body.length,
        firstCpu: 1,
        module,
        body,
        arg,
        checked,
        timeoutMs: 120_000,
      })
    const [before] = await run<KernelCounts>('setup', { parents: CPUS })
    return { run, before }
  }

  test('six CPUs add, remove, fight for names and walk, and nothing is left', async () => {
    const { run, before } = await start()
    await run(['churn', 'churn', 'fight', 'fight', 'walk', 'walk'], { rounds: checked ? 500 : 3000 })
    const [after] = await run<KernelCounts>('counts')
    expect(after).toEqual({ ...before, duplicates: after?.duplicates, busy: [], dangling: [] })
  })
})

test.each([true, false])(
  'links made in a directory that dies end in an error or an Oops, never in a hang; second-order locks %s',
  async (secondOrder) => {
    const sab = bootKernel({ secondOrder }, CPUS + 2)
    const dying = bodyModule('dying')
    const options = { sab, firstCpu: 1, module: dying, timeoutMs: 60_000 }
    await runBodies({ ...options, cpus: 1, body: 'setup' })
    const [maker, ...intruders] = await runBodies<Record<string, number>>({
      ...options,
      cpus: 5,
      body: ['dyingParent', 'intruder', 'intruder', 'intruder', 'intruder'],
      arg: { rounds: 20_000 },
    })
    expect(maker).toEqual({ 0: 20_000 })
    const outcomes = intruders.flatMap((one) => Object.keys(one))
    expect(['0', '-2', 'Oops']).toEqual(expect.arrayContaining([...new Set(outcomes)]))
    expect(outcomes).toContain('-2')
  },
)
