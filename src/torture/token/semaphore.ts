/**
 * The counting semaphore as the token torture sees it.
 */
import { as } from '../../base/addr.ts'
import {
  down,
  down_interruptible,
  down_timeout,
  down_trylock,
  sema_init,
  sema_units,
  semaphore,
  up,
} from '../../sync/semaphore.ts'
import type { TortureTask } from '../task.ts'
import type { TokenOps } from './ops.ts'
import { patience, signalled } from './patience.ts'

function takeSemaphore(x: number, task: TortureTask): boolean {
  const sem = as<'semaphore'>(x)
  switch (task.rng.below(8)) {
    case 0:
      return down_trylock(sem) === 0
    case 1:
      return down_timeout(sem, patience(task)) === 0
    case 2:
      return !signalled(down_interruptible(sem))
    default:
      down(sem)
      return true
  }
}

export const semaphore_tokens: TokenOps = {
  name: 'semaphore',
  summary: 'counting semaphore: as many pass as there are units',
  words: semaphore.words,
  signals: true,
  init: (x, n) => sema_init(as(x), n),
  take: takeSemaphore,
  put: (x) => up(as(x)),
  count: (x) => sema_units(as(x)),
}
