/** What one create and remove under `rwsem` is made of. The first row is the whole. */
import { LAYERS } from '../adapters/layers.ts'
import type { Case } from '../case.ts'
import { ARENA_BYTES } from '../mdev_pair.ts'

export const cases: readonly Case[] = [
  {
    subject: 'mdev.layers',
    rows: [
      { adapter: 'mdev', variant: 'rwsem', label: 'create and remove, whole' },
      ...LAYERS.map((layer) => ({ adapter: 'layers', variant: layer, label: layer })),
    ],
    workers: [1],
    excludes: false,
    bytes: ARENA_BYTES,
  },
]
