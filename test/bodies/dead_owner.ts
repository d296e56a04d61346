/** CPU 0 holds a lock and never gives it back; CPU 1 wants it. */
import { as, NULL } from '../../src/base/addr.ts'
import * as sync from '../../src/sync/index.ts'
import { mcs_lock, mcs_lock_init, mcs_spin_lock } from '../../src/sync/mcs_lock.ts'
import { ticket_lock, ticket_lock_init, ticket_spin_lock } from '../../src/sync/ticket_lock.ts'
import { await_stage, reach } from './sync_stage.ts'

export interface DeadOwnerArg {
  readonly kind: string
  readonly lock: number
  /** 1: it is held. 2: the holder is gone. */
  readonly stage: number
}

interface Kind {
  readonly words: number
  init(lock: number): void
  hold(lock: number): void
  want(lock: number): void
}

const rwlock = { words: sync.rwlock.words, init: (l: number) => sync.rwlock_init(as(l), 'test') }
const rwsem = { words: sync.rw_semaphore.words, init: (l: number) => sync.init_rwsem(as(l), 'test') }
const seqlock = { words: sync.seqlock.words, init: (l: number) => sync.seqlock_init(as(l), 'test') }
const percpu_rwsem = {
  words: sync.percpu_rw_semaphore.words,
  init: (l: number) => void sync.percpu_init_rwsem(as(l), 'test'),
}

export const kinds: Readonly<Record<string, Kind>> = {
  spinlock: {
    words: sync.spinlock.words,
    init: (l) => sync.spin_lock_init(as(l), 'test'),
    hold: (l) => sync.spin_lock(as(l)),
    want: (l) => sync.spin_lock(as(l)),
  },
  ticket_lock: {
    words: ticket_lock.words,
    init: (l) => ticket_lock_init(as(l), 'test'),
    hold: (l) => ticket_spin_lock(as(l)),
    want: (l) => ticket_spin_lock(as(l)),
  },
  mcs_lock: {
    words: mcs_lock.words,
    init: (l) => mcs_lock_init(as(l), 'test'),
    hold: (l) => mcs_spin_lock(as(l)),
    want: (l) => mcs_spin_lock(as(l)),
  },
  'rwlock (write), for a reader': {
    ...rwlock,
    hold: (l) => sync.write_lock(as(l)),
    want: (l) => sync.read_lock(as(l)),
  },
  'rwlock (write), for a writer': {
    ...rwlock,
    hold: (l) => sync.write_lock(as(l)),
    want: (l) => sync.write_lock(as(l)),
  },
  'rwlock (read)': { ...rwlock, hold: (l) => sync.read_lock(as(l)), want: (l) => sync.write_lock(as(l)) },
  mutex: {
    words: sync.mutex.words,
    init: (l) => sync.mutex_init(as(l), 'test'),
    hold: (l) => sync.mutex_lock(as(l)),
    want: (l) => sync.mutex_lock(as(l)),
  },
  ww_mutex: {
    words: sync.ww_mutex.words,
    init: (l) => sync.ww_mutex_init(as(l), 'test'),
    hold: (l) => void sync.ww_mutex_lock(as(l), NULL),
    want: (l) => void sync.ww_mutex_lock(as(l), NULL),
  },
  'rwsem (write), for a reader': {
    ...rwsem,
    hold: (l) => sync.down_write(as(l)),
    want: (l) => sync.down_read(as(l)),
  },
  'rwsem (write), for a writer': {
    ...rwsem,
    hold: (l) => sync.down_write(as(l)),
    want: (l) => sync.down_write(as(l)),
  },
  'rwsem (read)': { ...rwsem, hold: (l) => sync.down_read(as(l)), want: (l) => sync.down_write(as(l)) },
  'percpu_rwsem (write), for a reader': {
    ...percpu_rwsem,
    hold: (l) => sync.percpu_down_write(as(l)),
    want: (l) => sync.percpu_down_read(as(l)),
  },
  'percpu_rwsem (write), for a writer': {
    ...percpu_rwsem,
    hold: (l) => sync.percpu_down_write(as(l)),
    want: (l) => sync.percpu_down_write(as(l)),
  },
  'percpu_rwsem (read)': {
    ...percpu_rwsem,
    hold: (l) => sync.percpu_down_read(as(l)),
    want: (l) => sync.percpu_down_write(as(l)),
  },
  semaphore: {
    words: sync.semaphore.words,
    init: (l) => sync.sema_init(as(l), 1),
    hold: (l) => sync.down(as(l)),
    want: (l) => sync.down(as(l)),
  },
  'seqlock (write), for a reader': {
    ...seqlock,
    hold: (l) => sync.write_seqlock(as(l)),
    want: (l) => void sync.read_seqbegin(as(l)),
  },
  'seqlock (write), for a writer': {
    ...seqlock,
    hold: (l) => sync.write_seqlock(as(l)),
    want: (l) => sync.write_seqlock(as(l)),
  },
  'srcu (reader)': {
    words: sync.srcu_struct.words,
    init: (l) => void sync.init_srcu_struct(as(l), 'test'),
    hold: (l) => void sync.srcu_read_lock(as(l)),
    want: (l) => sync.synchronize_srcu(as(l)),
  },
}

/** Ends with a terminated worker on either CPU, not by itself. */
export function holdAndWant(cpu: number, _cpus: number, arg: DeadOwnerArg): void {
  const kind = kinds[arg.kind] as Kind
  if (cpu === 0) {
    kind.hold(arg.lock)
    reach(arg.stage, 1)
    await_stage(arg.stage, 3)
  } else {
    await_stage(arg.stage, 2)
    kind.want(arg.lock)
  }
}
