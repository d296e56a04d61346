/** Create and remove of one mdev device through sysfs. The variant names the strategy. */
import type { Contender } from '../contender.ts'
import { bootOne, createPath, removePath, UUID, writeTo } from '../mdev_pair.ts'

function expect(done: number, wanted: number): void {
  if (done !== wanted) throw new Error(`a write to sysfs returned ${done}, not ${wanted}`)
}

export const contender: Contender = {
  name: 'mdev',
  unavailable: () => Promise.resolve(''),
  bind(view, _cpu, variant) {
    bootOne(view, variant)
    const create = createPath(0)
    const remove = removePath(UUID)
    return Promise.resolve({
      enter: () => expect(writeTo(create, UUID), UUID.length),
      leave: () => expect(writeTo(remove, '1'), 1),
    })
  },
}
