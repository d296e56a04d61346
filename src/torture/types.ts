/**
 * The torture types, busted ones first.
 */
import { gracePeriods, locks, references, tokens } from '../sync/members/index.ts'
import { completion_busted } from './busted/completion.ts'
import { kref_busted } from './busted/kref.ts'
import { lock_busted } from './busted/lock.ts'
import { mutex_busted } from './busted/mutex.ts'
import { rwsem_busted } from './busted/rwsem.ts'
import { srcu_busted } from './busted/srcu.ts'
import { unlock_busted } from './busted/unlock.ts'
import { lockOps } from './lock/ops.ts'
import { lockType } from './lock/type.ts'
import { WW } from './lock/ww.ts'
import { rcuType } from './rcu/type.ts'
import { refType } from './ref/type.ts'
import { tokenOps } from './token/ops.ts'
import { tokenType } from './token/type.ts'
import type { TortureType } from './type.ts'

export const TYPES: readonly TortureType[] = [
  ...[lock_busted, mutex_busted, unlock_busted, rwsem_busted].map(lockType),
  rcuType(srcu_busted),
  refType(kref_busted),
  tokenType(completion_busted),
  ...locks.flatMap(lockOps).map(lockType),
  ...WW.map(lockType),
  ...tokens.map((of) => tokenType(tokenOps(of))),
  ...references.map((of) => refType({ ...of, words: of.layout.words })),
  ...gracePeriods.map((of) => rcuType({ ...of, words: of.layout.words })),
]

/** The type with this name. */
export function findType(name: string): TortureType | undefined {
  return TYPES.find((type) => type.name === name)
}
