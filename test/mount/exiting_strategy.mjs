/** A strategy whose create ends the thread that it runs on. */
import { defineStrategy } from 'lockstorm/define'

const end = () => {
  process.exit(1)
}

const gate = {
  name: 'exits',
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

export default defineStrategy({ name: 'exits', namespace: 'placeholder', gate, sequence: 'vendor_first' })
