/**
 * The reference counts of src/sync as the reference torture sees them.
 */
import { as } from '../../base/addr.ts'
import { kref, kref_get, kref_get_unless_zero, kref_init, kref_put, kref_read } from '../../sync/kref.ts'
import {
  percpu_ref,
  percpu_ref_get,
  percpu_ref_init,
  percpu_ref_is_zero,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_reinit,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../../sync/percpu_ref.ts'
import {
  refcount_dec_and_test,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_read,
  refcount_set,
  refcount_struct,
} from '../../sync/refcount.ts'
import type { RefOps } from './ops.ts'

function dropRefcount(r: number, release: (ref: number) => void): void {
  if (refcount_dec_and_test(as(r))) release(r)
}

function dropKref(k: number, release: (ref: number) => void): void {
  kref_put(as(k), release)
}

export const REFS: readonly RefOps[] = [
  {
    name: 'kref',
    summary: 'kref: freed exactly once, never used afterwards',
    words: kref.words,
    init: () => 0,
    revive: (k) => {
      kref_init(as(k))
    },
    get: (k) => {
      kref_get(as(k))
    },
    tryget: (k) => kref_get_unless_zero(as(k)),
    put: dropKref,
    retire: dropKref,
    read: (k) => kref_read(as(k)),
    isZero: (k) => kref_read(as(k)) === 0,
  },
  {
    name: 'refcount',
    summary: 'refcount_t: freed exactly once, never used afterwards',
    words: refcount_struct.words,
    init: () => 0,
    revive: (r) => {
      refcount_set(as(r), 1)
    },
    get: (r) => {
      refcount_inc(as(r))
    },
    tryget: (r) => refcount_inc_not_zero(as(r)),
    put: dropRefcount,
    retire: dropRefcount,
    read: (r) => refcount_read(as(r)),
    isZero: (r) => refcount_read(as(r)) === 0,
  },
  {
    name: 'percpu_ref',
    summary: 'percpu_ref: killed, drained, and only then freed',
    words: percpu_ref.words,
    // A free object is a killed one without references.
    init: (r) => {
      const error = percpu_ref_init(as(r), 'percpu_ref-torture')
      if (error === 0) percpu_ref_kill(as(r))
      return error
    },
    revive: (r) => {
      percpu_ref_reinit(as(r))
    },
    get: (r) => {
      percpu_ref_get(as(r))
    },
    tryget: (r) => percpu_ref_tryget_live(as(r)),
    put: (r) => {
      percpu_ref_put(as(r))
    },
    retire: (r, release) => {
      percpu_ref_kill(as(r))
      percpu_ref_wait(as(r))
      release(r)
    },
    // The sum over CPUs is known to nobody while it lives.
    read: (r) => (percpu_ref_is_zero(as(r)) ? 0 : 1),
    isZero: (r) => percpu_ref_is_zero(as(r)),
  },
]
