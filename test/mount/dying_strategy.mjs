/** A strategy whose create throws: its CPU dies. */
import { defineStrategy } from 'lockstorm/define'

const end = () => {
  throw new Error('the create of this strategy throws')
}

const gate = {
  name: 'throws',
  guarded: true,
  entersFirst: false,
  drains: true,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: true,
  lockdepSees: 'always',
  init: () => 0,
  open() {},
  try_enter: end,
  exit() {},
  begin_unregister() {},
  end_unregister() {},
  destroy() {},
}

export default defineStrategy({ name: 'throws', namespace: 'placeholder', gate, sequence: 'vendor_first' })
