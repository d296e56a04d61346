// A strategy: who guards uuids, who keeps create and remove out of a parent that goes away, in which order things are done.
//   lockstorm storm --strategies ./examples/strategy.js,global
//   lockstorm scenario problem-5 --strategy ./examples/strategy.js
// Namespace and sequence are built in and picked by name; the gate is its own: a mutex that create and remove try for.
import { defineStrategy } from 'lockstorm/define'
import { ENODEV, mdev_parent, cpu_relax, READ_ONCE, WRITE_ONCE } from 'lockstorm/kit'
import { mutex_lock, mutex_trylock, mutex_unlock } from 'lockstorm/kernel-sync'

// What a parent has for purposes like these: a mutex, which registration initialises, and a word, which is zero at first.
const lock = mdev_parent.at.lock
const open = (parent) => parent + mdev_parent.offset.self

const one_at_a_time = {
  name: 'one_at_a_time',
  guarded: true,
  entersFirst: false,
  drains: true,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: true,
  lockdepSees: 'always',
  init: () => 0,
  open(parent) {
    WRITE_ONCE(open(parent), 1)
  },
  try_enter(parent) {
    // Entering must not sleep, or unregistration could wait for one that waits for it: spin while others are inside.
    while (READ_ONCE(open(parent)) === 1) {
      if (mutex_trylock(lock(parent))) return 0
      cpu_relax()
    }
    return -ENODEV
  },
  exit(parent) {
    mutex_unlock(lock(parent))
  },
  begin_unregister(parent) {
    WRITE_ONCE(open(parent), 0)
    mutex_lock(lock(parent))
  },
  end_unregister(parent) {
    mutex_unlock(lock(parent))
  },
  destroy() {},
}

export default defineStrategy({
  name: 'one-at-a-time',
  namespace: 'placeholder',
  gate: one_at_a_time,
  sequence: 'vendor_first',
})
