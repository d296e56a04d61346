/**
 * busted: the control. Newcomers are refused once unregistration began, but nobody waits for those inside. Every
 * oracle that watches a gate must catch it.
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENODEV } from '../../base/errno.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const SELF = mdev_parent.offset.self

export const busted: Gate = {
  name: 'busted',
  guarded: true,
  entersFirst: false,
  drains: false,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: false,
  lockdepSees: 'never',
  init: () => 0,
  open(parent) {
    WRITE_ONCE(parent + SELF, parent)
  },
  try_enter: (parent) => (READ_ONCE(parent + SELF) === 0 ? -ENODEV : 0),
  exit() {},
  begin_unregister(parent) {
    WRITE_ONCE(parent + SELF, 0)
  },
  end_unregister() {},
  destroy() {},
}
