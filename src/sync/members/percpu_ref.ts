/** percpu_ref, as every tool knows it: a free object is a killed one without references. */
import { as } from '../../base/addr.ts'
import * as of from '../percpu_ref.ts'
import type { References } from './shapes.ts'

export const percpu_ref: References = {
  name: 'percpu_ref',
  summary: 'percpu_ref: killed, drained, and only then freed',
  layout: of.percpu_ref,
  init(at) {
    const error = of.percpu_ref_init(as(at), 'percpu_ref')
    if (error === 0) of.percpu_ref_kill(as(at))
    return error
  },
  revive: of.percpu_ref_reinit,
  get: of.percpu_ref_get,
  tryget: of.percpu_ref_tryget_live,
  put: (at) => of.percpu_ref_put(as(at)),
  retire(at, release) {
    of.percpu_ref_kill(as(at))
    of.percpu_ref_wait(as(at))
    release(at)
  },
  // The sum over CPUs is known to nobody while it lives.
  read: (at) => (of.percpu_ref_is_zero(as(at)) ? 0 : 1),
  isZero: of.percpu_ref_is_zero,
}
