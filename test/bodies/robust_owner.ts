/** A worker that takes robust locks as it is told, and ends, or does not, while it holds them. */
import { isMainThread, workerData } from 'node:worker_threads'
import { layout, words } from '../../src/sync/classes/index.ts'
import { RobustMutex, RobustRwSem, Threads } from '../../src/sync/classes/robust/index.ts'

export const robust = layout({
  threads: Threads.of(4),
  lock: RobustMutex,
  sem: RobustRwSem.of(4),
  data: words(16),
  said: words(16),
})

/** What such a worker is told. */
export interface OwnerArg {
  readonly memory: SharedArrayBuffer
  readonly hold: string
  readonly ends: string
}

function takeAndEnd({ memory, hold, ends }: OwnerArg): void {
  const { lock, sem, data, said } = robust.attach(memory)
  const say = (): void => {
    Atomics.store(said, 0, 1)
  }
  const holds: Readonly<Record<string, () => void>> = {
    lock: () => lock.lock(),
    read: () => sem.lockRead(),
    write: () => sem.lockWrite(),
    upgradeable: () => sem.lockUpgradeable(),
    upgraded() {
      sem.lockUpgradeable()
      sem.upgrade()
    },
    all() {
      lock.lock()
      sem.lockWrite()
    },
    /** It ends as one that waits. */
    waits() {
      say()
      lock.lock()
    },
  }
  holds[hold]?.()
  say()
  if (ends === 'throw') throw new Error('ends with an error')
  if (ends === 'exit') process.exit(1)
  if (ends === 'wait') Atomics.wait(said, 1, 0)
  if (ends === 'spin') for (;;) data[0] = Atomics.load(data, 1) + 1
  if (ends === 'idle') setInterval(() => {}, 1000)
}

const told = workerData as OwnerArg | null
if (!isMainThread && told?.hold !== undefined) takeAndEnd(told)
