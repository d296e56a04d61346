/**
 * Models of rwlock, percpu_rw_semaphore and seqlock: readers see what the last writer left, whole; a writer is alone.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import type { Layout } from '../mem/layout.ts'
import {
  percpu_down_read,
  percpu_down_read_trylock,
  percpu_down_write,
  percpu_down_write_trylock,
  percpu_init_rwsem,
  percpu_rw_semaphore,
  percpu_up_read,
  percpu_up_write,
  read_lock,
  read_seqbegin,
  read_seqlock_excl,
  read_seqretry,
  read_sequnlock_excl,
  read_trylock,
  read_unlock,
  rwlock,
  rwlock_init,
  seqlock,
  seqlock_init,
  write_lock,
  write_seqlock,
  write_sequnlock,
  write_trylock,
  write_unlock,
} from '../sync/index.ts'
import { check, defineModel, type Model } from '../define/model.ts'
import { twice } from './bodies.ts'

/** `a` and `b` are equal whenever no writer is inside. */
interface Guarded extends Record<string, number> {
  readonly lock: number
  readonly a: number
  readonly b: number
}

type Body = (s: Guarded) => void
type Take = (lock: number) => boolean | void

/** A lock of readers and writers. */
interface ReadWrite {
  readonly name: string
  readonly layout: Layout
  readonly init: (lock: number) => number | void
  readonly read: Take
  readonly read_trylock: Take
  readonly read_unlock: (lock: number) => void
  readonly write: Take
  readonly write_trylock: Take
  readonly write_unlock: (lock: number) => void
}

const RWLOCK: ReadWrite = {
  name: 'rwlock',
  layout: rwlock,
  init: (l) => rwlock_init(as(l), 'lock'),
  read: (l) => read_lock(as(l)),
  read_trylock: (l) => read_trylock(as(l)),
  read_unlock: (l) => read_unlock(as(l)),
  write: (l) => write_lock(as(l)),
  write_trylock: (l) => write_trylock(as(l)),
  write_unlock: (l) => write_unlock(as(l)),
}

const PERCPU: ReadWrite = {
  name: 'percpu-rwsem',
  layout: percpu_rw_semaphore,
  init: (l) => percpu_init_rwsem(as(l), 'lock'),
  read: (l) => percpu_down_read(as(l)),
  read_trylock: (l) => percpu_down_read_trylock(as(l)),
  read_unlock: (l) => percpu_up_read(as(l)),
  write: (l) => percpu_down_write(as(l)),
  write_trylock: (l) => percpu_down_write_trylock(as(l)),
  write_unlock: (l) => percpu_up_write(as(l)),
}

const look: Body = ({ a, b }) => check(read(a) === read(b), 'a reader sees half a change')

function change({ a, b }: Guarded): void {
  write(a, read(a) + 1)
  write(b, read(b) + 1)
}

const inside =
  (take: Take, give: (lock: number) => void, work: Body): Body =>
  (s) => {
    if (take(s.lock) === false) return
    work(s)
    give(s.lock)
  }

function model(
  of: Pick<ReadWrite, 'name' | 'layout' | 'init'>,
  suffix: string,
  summary: string,
  cpus: Body[],
  bound = 0,
): Model {
  return defineModel<Guarded>({
    name: `${of.name}${suffix}`,
    summary,
    setup(scene) {
      const lock = scene.name(alloc_boot(of.layout.words), 'lock', of.layout)
      of.init(lock)
      return { lock, a: scene.name(alloc_boot(1), 'a'), b: scene.name(alloc_boot(1), 'b') }
    },
    cpus,
    finish: look,
    ...(bound > 0 && { bound }),
  })
}

function modelsOf(lock: ReadWrite, bounds: Readonly<Record<string, number>>): Model[] {
  const reader = inside(lock.read, lock.read_unlock, look)
  const writer = inside(lock.write, lock.write_unlock, change)
  const tryReader = inside(lock.read_trylock, lock.read_unlock, look)
  const tryWriter = inside(lock.write_trylock, lock.write_unlock, change)
  const of = (suffix: string, summary: string, cpus: Body[]): Model =>
    model(lock, suffix, summary, cpus, bounds[suffix])
  return [
    of('', 'writer ‖ reader, 2 rounds', [twice(writer), twice(reader)]),
    of('-writers', 'writer ‖ writer, 2 rounds', [twice(writer), twice(writer)]),
    of('-3', 'writer ‖ reader ‖ reader', [writer, reader, reader]),
    of('-3-writers', 'writer ‖ writer ‖ reader', [writer, writer, reader]),
    of('-trylock', 'writer ‖ read trylock, 2 rounds', [twice(writer), twice(tryReader)]),
    of('-trylock-3', 'write trylock ‖ reader ‖ writer', [tryWriter, reader, writer]),
  ]
}

const SEQLOCK = { name: 'seqlock', layout: seqlock, init: (l: number) => seqlock_init(as(l), 'lock') }

function seqWriter({ lock, a, b }: Guarded): void {
  write_seqlock(as(lock))
  WRITE_ONCE(a, READ_ONCE(a) + 1)
  WRITE_ONCE(b, READ_ONCE(b) + 1)
  write_sequnlock(as(lock))
}

/** Reads until no writer was there meanwhile. */
function seqReader({ lock, a, b }: Guarded): void {
  for (;;) {
    const start = read_seqbegin(as(lock))
    check((start & 1) === 0, 'a reader begins while a writer is inside')
    const [first, second] = [READ_ONCE(a), READ_ONCE(b)]
    if (read_seqretry(as(lock), start)) continue
    check(first === second, 'a reader sees half a change')
    return
  }
}

function seqExclusive({ lock, a, b }: Guarded): void {
  read_seqlock_excl(as(lock))
  check(READ_ONCE(a) === READ_ONCE(b), 'a reader sees half a change')
  read_sequnlock_excl(as(lock))
}

/** Models of rwlock, percpu_rwsem and seqlock. */
export const readWrite: readonly Model[] = [
  ...modelsOf(RWLOCK, { '-writers': 3 }),
  ...modelsOf(PERCPU, { '-3': 3, '-3-writers': 3, '-trylock-3': 3 }),
  model(SEQLOCK, '', 'writer ‖ reader, 2 rounds', [twice(seqWriter), twice(seqReader)]),
  model(SEQLOCK, '-3', 'writer ‖ reader ‖ reader', [seqWriter, seqReader, seqReader]),
  model(SEQLOCK, '-3-writers', 'writer ‖ writer ‖ reader', [seqWriter, seqWriter, seqReader]),
  model(SEQLOCK, '-excl', 'writer ‖ read_seqlock_excl, 2 rounds', [twice(seqWriter), twice(seqExclusive)]),
]
