/**
 * The torture types, busted ones first.
 */
import { completion_busted } from './busted/completion.ts'
import { kref_busted } from './busted/kref.ts'
import { lock_busted } from './busted/lock.ts'
import { mutex_busted } from './busted/mutex.ts'
import { rwsem_busted } from './busted/rwsem.ts'
import { srcu_busted } from './busted/srcu.ts'
import { unlock_busted } from './busted/unlock.ts'
import { LOCKS } from './lock/locks.ts'
import { lockType } from './lock/type.ts'
import { srcu } from './rcu/srcu.ts'
import { rcuType } from './rcu/type.ts'
import { REFS } from './ref/refs.ts'
import { refType } from './ref/type.ts'
import { TOKENS } from './token/tokens.ts'
import { tokenType } from './token/type.ts'
import type { TortureType } from './type.ts'

export const TYPES: readonly TortureType[] = [
  ...[lock_busted, mutex_busted, unlock_busted, rwsem_busted].map(lockType),
  rcuType(srcu_busted),
  refType(kref_busted),
  tokenType(completion_busted),
  ...LOCKS.map(lockType),
  ...TOKENS.map(tokenType),
  ...REFS.map(refType),
  rcuType(srcu),
]

/** The type with this name. */
export function findType(name: string): TortureType | undefined {
  return TYPES.find((type) => type.name === name)
}
