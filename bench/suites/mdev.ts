/** One create and one remove through sysfs on one CPU, under every strategy, without vendor cost. */
import { STRATEGIES } from '../../src/mdev/index.ts'
import type { Case } from '../case.ts'
import { ARENA_BYTES } from '../mdev_pair.ts'

export const cases: readonly Case[] = [
  {
    subject: 'mdev.create+remove',
    rows: STRATEGIES.map(({ name }) => ({ adapter: 'mdev', variant: name, label: name })),
    workers: [1],
    excludes: false,
    bytes: ARENA_BYTES,
  },
]
