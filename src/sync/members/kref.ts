/** kref, as every tool knows it. */
import { as } from '../../base/addr.ts'
import * as of from '../kref.ts'
import type { References } from './shapes.ts'

export const kref: References = {
  name: 'kref',
  summary: 'kref: freed exactly once, never used afterwards',
  layout: of.kref,
  init: () => 0,
  revive: of.kref_init,
  get: of.kref_get,
  tryget: of.kref_get_unless_zero,
  put: of.kref_put,
  retire: of.kref_put,
  read: of.kref_read,
  isZero: (at) => of.kref_read(as(at)) === 0,
}
