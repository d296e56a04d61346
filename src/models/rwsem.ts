/**
 * Models of rw_semaphore: readers see what the last writer left, whole; a writer is alone.
 */
import { futex_wait, read, write } from '#access'
import { as } from '../base/addr.ts'
import { ETIME } from '../base/errno.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  down_read,
  down_read_timeout,
  down_read_trylock,
  down_write,
  down_write_timeout,
  down_write_trylock,
  downgrade_write,
  init_rwsem,
  rw_semaphore,
  up_read,
  up_write,
} from '../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { twice } from './bodies.ts'

/** `a` and `b` are equal whenever no writer is inside. */
interface Guarded extends Record<string, number> {
  readonly sem: number
  readonly a: number
  readonly b: number
  readonly nap: number
}

function setup(scene: Scene): Guarded {
  const sem = scene.name(alloc_boot(rw_semaphore.words), 'sem', rw_semaphore)
  init_rwsem(as(sem), 'sem')
  return {
    sem,
    a: scene.name(alloc_boot(1), 'a'),
    b: scene.name(alloc_boot(1), 'b'),
    nap: scene.name(alloc_boot(1), 'nap'),
  }
}

type Body = (s: Guarded) => void

function change({ a, b }: Guarded): void {
  write(a, read(a) + 1)
  write(b, read(b) + 1)
}

const look: Body = ({ a, b }) => check(read(a) === read(b), 'a reader sees half a change')

function writer(s: Guarded): void {
  down_write(as(s.sem))
  change(s)
  up_write(as(s.sem))
}

function reader(s: Guarded): void {
  down_read(as(s.sem))
  look(s)
  up_read(as(s.sem))
}

function tryReader(s: Guarded): void {
  if (!down_read_trylock(as(s.sem))) return
  look(s)
  up_read(as(s.sem))
}

function tryWriter(s: Guarded): void {
  if (!down_write_trylock(as(s.sem))) return
  change(s)
  up_write(as(s.sem))
}

function timedReader(s: Guarded): void {
  const result = down_read_timeout(as(s.sem), 5_000)
  check(result === 0 || result === -ETIME, `returned ${result}`)
  if (result !== 0) return
  look(s)
  up_read(as(s.sem))
}

function timedWriter(s: Guarded): void {
  const result = down_write_timeout(as(s.sem), 5_000)
  check(result === 0 || result === -ETIME, `returned ${result}`)
  if (result !== 0) return
  change(s)
  up_write(as(s.sem))
}

/** Writes, then reads what it wrote: nobody can have written between. */
function downgrader(s: Guarded): void {
  down_write(as(s.sem))
  change(s)
  const mine = read(s.a)
  downgrade_write(as(s.sem))
  look(s)
  check(read(s.a) === mine, 'somebody wrote during a downgrade')
  up_read(as(s.sem))
}

/** Holds the semaphore past the hand-over limit of those who wait. */
function slowReader(s: Guarded): void {
  down_read(as(s.sem))
  futex_wait(s.nap, 0, 2_000_000)
  look(s)
  up_read(as(s.sem))
}

function rwsem(
  name: string,
  summary: string,
  cpus: readonly Body[],
  more: Partial<Model<Guarded>> = {},
): Model {
  return defineModel<Guarded>({ name, summary, setup, cpus, finish: look, ...more })
}

const early = { earlyTimeouts: 1 }
const bounded = { bound: 3 }

/** Models of the read-write semaphore. */
export const rwsems: readonly Model[] = [
  rwsem('rwsem', 'writer ‖ reader, 2 rounds', [twice(writer), twice(reader)]),
  rwsem('rwsem-writers', 'writer ‖ writer, 2 rounds', [twice(writer), twice(writer)], bounded),
  rwsem('rwsem-3', 'writer ‖ reader ‖ reader', [writer, reader, reader]),
  rwsem('rwsem-3-writers', 'writer ‖ writer ‖ reader', [writer, writer, reader]),
  rwsem('rwsem-trylock', 'writer ‖ down_read_trylock, 2 rounds', [twice(writer), twice(tryReader)]),
  rwsem('rwsem-trylock-3', 'down_write_trylock ‖ reader ‖ writer', [tryWriter, reader, writer]),
  rwsem('rwsem-downgrade', 'downgrade_write ‖ writer', [downgrader, writer]),
  rwsem('rwsem-downgrade-3', 'downgrade_write ‖ writer ‖ reader', [downgrader, writer, reader], bounded),
  rwsem('rwsem-timeout', 'down_read_timeout ‖ down_write_timeout', [timedReader, timedWriter], early),
  rwsem('rwsem-timeout-3', 'down_write_timeout ‖ reader ‖ writer', [timedWriter, reader, writer], {
    ...early,
    ...bounded,
  }),
  rwsem('rwsem-handoff', 'a reader stays 2 ms, a writer waits, another reader comes', [
    slowReader,
    writer,
    reader,
  ]),
]
