/**
 * revocable: the words of a provider and of a consumer's handle. What is done with them: revocable.ts.
 */
import type { Addr } from '../base/addr.ts'
import { embed, ptr, struct, word } from '../mem/layout.ts'
import { kref, srcu_struct } from '../sync/index.ts'

export const revocable_provider = struct('revocable_provider', {
  srcu: embed(srcu_struct),
  /** What is provided; 0 when it has been revoked. */
  res: word,
  kref: embed(kref),
})
export type RevocableProvider = Addr<'revocable_provider'>

/** A consumer's handle: whose resource, and the index of the SRCU reader that it is inside of. */
export const revocable = struct('revocable', { rp: ptr('revocable_provider'), idx: word })
export type Revocable = Addr<'revocable'>
