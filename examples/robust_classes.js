// The robust classes of lockstorm/sync as locks. What they ask about a thread takes an event loop, which the explorer has none of.
//   lockstorm torture ./examples/robust_classes.js --duration 20s
import { RobustMutex, RobustRwSem, Threads } from 'lockstorm/sync/robust'

const THREADS = 32
// Threads come first.
const LOCK = Threads.words(THREADS)

/** What a thread has made of a view, made once. */
function once(Lock) {
  let made
  return (view) => {
    if (made !== undefined) return made
    new Threads(view, 0, THREADS).join()
    made = new Lock(view, LOCK, THREADS)
    made.repair = () => {}
    return made
  }
}

const mutex = once(RobustMutex)
const rwSem = once(RobustRwSem)

export default [
  {
    name: 'class-robust-mutex',
    words: LOCK + RobustMutex.WORDS,
    lock: (view) => mutex(view).lock(),
    unlock: (view) => mutex(view).unlock(),
    tryLock: (view) => mutex(view).tryLock(),
    lockFor: (view, _thread, ms) => mutex(view).lockFor(ms),
  },
  {
    name: 'class-robust-rw-sem',
    words: LOCK + RobustRwSem.words(THREADS),
    init: (view) => void RobustRwSem.init(view, LOCK, THREADS),
    lock: (view) => rwSem(view).lockWrite(),
    unlock: (view) => rwSem(view).unlockWrite(),
    tryLock: (view) => rwSem(view).tryLockWrite(),
    lockFor: (view, _thread, ms) => rwSem(view).lockWriteFor(ms),
    lockShared: (view) => rwSem(view).lockRead(),
    unlockShared: (view) => rwSem(view).unlockRead(),
  },
]
