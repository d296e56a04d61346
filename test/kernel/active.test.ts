import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ENODEV, ENOENT } from '#lockstorm/base/index'
import { findWaitCycle } from '#lockstorm/debug/index'
import type { KernelCounts } from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { READ_ONCE } from '#lockstorm/mem/access.fast'
import { BLOCKED_KERNFS, task_of, task_struct } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'
import { bootKernel } from './fixture.ts'

const module = bodyModule('kernfs')

async function start(secondOrder: boolean) {
  const sab = bootKernel({ secondOrder }, 6)
  const run = <T>(body: string | string[], signal?: AbortSignal) =>
    runBodies<T>({
      sab,
      cpus: typeof body === 'string' ? 1 : body.length,
      firstCpu: 1,
      module,
      body,
      ...(signal !== undefined && { signal }),
    })
  const [before] = await run<KernelCounts>('setup')
  return { run, sab, before: before as KernelCounts }
}

describe.each([true, false])('with second-order locks %s', (secondOrder) => {
  test('a removal waits for the store that runs, keeps nobody else waiting, and closes the file at once', async () => {
    const { run, before } = await start(secondOrder)
    const results = await run<unknown>(['stalledWriter', 'remover', 'remover', 'observer'])
    expect(results).toEqual([2, 1, 1, { oldFd: -ENODEV, reopen: -ENOENT, treeLockFree: true, done: 0 }])
    const [after] = await run<KernelCounts>('counts')
    const { kernfsNodes, kernfsLinked } = before
    expect(after).toMatchObject({
      kernfsNodes: kernfsNodes - 1,
      kernfsLinked: kernfsLinked - 1,
      openFiles: 0,
    })
  })

  test('of four that remove a file from its own store one does, and the others succeed when it is over', async () => {
    const { run, before } = await start(secondOrder)
    const body = 'selfRemover'
    expect(await run<number>([body, body, body, body])).toEqual([2, 2, 2, 2])
    const [after] = await run<KernelCounts>('counts')
    expect(after).toMatchObject({ winners: 1, late: 3, kernfsNodes: before.kernfsNodes - 1, openFiles: 0 })
  })

  test('the control, a store that removes its file by name, waits for itself for ever', async () => {
    const { run, sab } = await start(secondOrder)
    const over = new AbortController()
    const ended = run('hangs', over.signal)
    const view = new Int32Array(sab)
    const cycle = (): unknown => findWaitCycle(view)?.map(({ task, owner }) => [task.cpu, owner.cpu])
    const kind = (): number => READ_ONCE(task_of(1) + task_struct.offset.blocked_kind)
    while (kind() !== BLOCKED_KERNFS || cycle() === undefined) await pause(20)
    expect(cycle()).toEqual([[1, 1]])
    over.abort(new Error('seen to wait for itself'))
    await expect(ended).rejects.toThrow('seen to wait for itself')
  })
})
