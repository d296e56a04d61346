/** refcount_struct, as every tool knows it. */
import { as } from '../../base/addr.ts'
import * as of from '../refcount.ts'
import type { References } from './shapes.ts'

function put(at: number, release: (at: number) => void): void {
  if (of.refcount_dec_and_test(as(at))) release(at)
}

export const refcount: References = {
  name: 'refcount',
  summary: 'refcount_t: freed exactly once, never used afterwards',
  layout: of.refcount_struct,
  init: () => 0,
  revive: (at) => of.refcount_set(as(at), 1),
  get: of.refcount_inc,
  tryget: of.refcount_inc_not_zero,
  put,
  retire: put,
  read: of.refcount_read,
  isZero: (at) => of.refcount_read(as(at)) === 0,
}
