/**
 * revocable, state by state: a reader beside the revocation.
 *
 *   cpu-0                                   cpu-1                                   cpu-2
 *   -----                                   -----                                   -----
 *                                           revocable_try_access()
 *                                             rev->idx = 0
 *   revocable_revoke()
 *     synchronize_srcu()
 *       /* moves readers to index 1 *\/
 *                                                                                   revocable_try_access()
 *                                                                                     rev->idx = 1
 *                                                                                   revocable_withdraw_access()
 *                                           revocable_withdraw_access()
 *                                             /* leaves index 1 *\/
 *       /* waits for index 0 for ever *\/
 *
 * Why      a token that belongs to the file belongs to all threads that share the file. It has to belong to the call.
 *          And a pointer that was handed out by value is not taken back by setting the producer's own to NULL: what it
 *          leads to may by then be the provider of another device.
 */
import { read, write } from '#access'
import { trace_point } from '#trace'
import { as } from '../../base/addr.ts'
import { ENODEV, ENOMEM } from '../../base/errno.ts'
import {
  fence_domains_init,
  revocable,
  revocable_deinit,
  revocable_get,
  revocable_handle_exit,
  revocable_handle_init,
  revocable_init,
  revocable_provider_alloc,
  revocable_put,
  revocable_revoke,
  revocable_revoke_pointer,
  revocable_try_access,
  revocable_withdraw_access,
} from '../../fences/index.ts'
import { END, hangs, happens, once, prevented, step, type Cell, type Scenario } from '../../define/race.ts'
import { STORY } from './common.ts'

/** Words: the provider as the readers know it, the producer's pointer, what the reader got, handles. */
const COPY = 0
const PRODUCER = 1
const GOT = 2
const FILE = 3
const STACK = FILE + revocable.words
/** What the first device and the one after it provide. */
const RES = 1111
const OTHER = 2222

const MAIL = '20260204142849.22055-4-johan@kernel.org: Johan Hovold, 4 February 2026'

function provide(words: number): number {
  const error = fence_domains_init()
  if (error !== 0) return error
  const rp = revocable_provider_alloc(RES)
  write(words + COPY, rp)
  write(words + PRODUCER, rp)
  return rp === 0 ? -ENOMEM : 0
}

/** Reads through a handle that is made. Returns 0, or -ENODEV when there is nothing. */
function access(words: number, rev: number): number {
  const res = revocable_try_access(as(rev))
  write(words + GOT, res)
  trace_point('revocable:inside')
  revocable_withdraw_access(as(rev))
  return res === 0 ? -ENODEV : 0
}

/** State 3: a handle per call. */
function accessOwn(words: number, cpu: number): number {
  const rev = words + STACK + cpu * revocable.words
  revocable_handle_init(as(rev), as(read(words + COPY)))
  const ret = access(words, rev)
  revocable_handle_exit(as(rev))
  return ret
}

function revoke(words: number): number {
  revocable_revoke(as(read(words + PRODUCER)))
  return 0
}

function index(state: number, title: string, cell: Cell): Scenario {
  const reader = (cpu: number) => (words: number) =>
    state === 1 ? access(words, words + FILE) : accessOwn(words, cpu)
  return {
    name: `revocable-index-${state}`,
    title: `two threads share a file of a device that is revoked: ${title}`,
    source: MAIL,
    symptom: 'the revocation never ends',
    fix: 'the token of a reader belongs to the call, not to the file',
    ...STORY,
    ...once('fence', cell, `revocable-${state}`),
    setup(words) {
      const error = provide(words)
      if (error !== 0) return error
      if (state === 1) revocable_handle_init(as(words + FILE), as(read(words + COPY)))
      else revocable_get(as(read(words + COPY)))
      return 0
    },
    cpus: [revoke, reader(0), reader(1)],
    labels: { 'revocable:inside': '/* has the resource */' },
    schedule: [step(1, 'revocable:inside'), step(0, END), step(2, END), step(1, END), step(0, END)],
    check: ({ answers }) => ({ happened: answers.includes('hangs') }),
  }
}

/** The device goes, and another comes, whose provider is the next that is allocated. */
function replace(words: number, state: number): number {
  if (state === 2) revocable_revoke_pointer(words + PRODUCER)
  else revoke(words)
  return revocable_provider_alloc(OTHER) === 0 ? -ENOMEM : 0
}

/** Opened before; reads now. */
function readCopy(words: number): number {
  const rev = words + FILE
  const error = revocable_init(as(read(words + COPY)), as(rev))
  if (error !== 0) return error
  const ret = access(words, rev)
  revocable_deinit(as(rev))
  return ret
}
function readCounted(words: number): number {
  const ret = accessOwn(words, 0)
  revocable_put(as(read(words + COPY)))
  return ret
}

function copied(state: number, title: string, cell: Cell): Scenario {
  return {
    name: `revocable-copy-${state}`,
    title: `a file from before reads after its device has gone and another has come: ${title}`,
    source: MAIL,
    symptom:
      'the count in freed memory is asked; here it is that of another device, which the file then uses',
    fix: 'a count of the consumer, taken before the provider can revoke',
    ...STORY,
    ...once('fence', cell, `revocable-${state}`),
    setup(words) {
      const error = provide(words)
      if (error === 0 && state === 3) revocable_get(as(read(words + COPY)))
      return error
    },
    cpus: [(words) => replace(words, state), state === 2 ? readCopy : readCounted],
    schedule: [step(0, END), step(1, END)],
    check: ({ words }) => ({ happened: read(words + GOT) === OTHER }),
  }
}

export const REVOCABLE: readonly Scenario[] = [
  index(1, 'state 1, the index is in the file (62eb557580eb)', hangs('hangs ok ENODEV', 'hung task')),
  index(3, 'state 3, the index is on the stack (v11)', prevented('ok ok ENODEV')),
  copied(2, 'state 2, the pointer is a copy (4d7dc4d1a62d)', happens('ok ok')),
  copied(3, 'state 3, the file has a count (v11)', prevented('ok ENODEV')),
]
