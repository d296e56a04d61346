/** The classes of lockstorm/sync, each alone beside the functions that it calls: what the pages of docs/api state. */
import type { Case, Row } from '../case.ts'
import { cls, compared } from './sync.ts'

const isClass = ({ adapter }: Row): boolean => adapter === 'classes'

const beside = compared.flatMap((one): Case[] => {
  // Bare Atomics stay the first: what the others cost over them is judged.
  const rows = one.rows.filter((row) => isClass(row) || ['atomics', 'sync'].includes(row.adapter))
  const { holdNs, workers } = one
  return rows.some(isClass) && holdNs === undefined && workers.includes(1)
    ? [{ ...one, rows, workers: [1] }]
    : []
})

const alone = (variant: string, subject: string, excludes: boolean): Case => ({
  subject,
  rows: [cls(variant)],
  workers: [1],
  excludes,
})

export const cases: readonly Case[] = [
  ...beside,
  alone('RobustRwSem.read', 'robust rwsem.read', false),
  alone('RobustRwSem.write', 'robust rwsem.write', true),
  alone('Latch', 'latch, open', false),
]
