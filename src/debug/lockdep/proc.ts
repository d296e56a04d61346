/**
 * What lockdep knows, as /proc/lockdep, /proc/lockdep_chains and /proc/lockdep_stats print it. Lines about interrupts and about
 * zapped classes are left out: there are none.
 *
 * Context  any thread; pass the arena as `view` if it is not attached.
 * Source   kernel/locking/lockdep_proc.c (form; recorded transcripts)
 */
import { raw_attach, raw_read } from '../../mem/raw.ts'
import { CLASS, classAt, classCount, className, maxClasses, usageChars } from '../lock_class.ts'
import { debug_globals, debug_root } from '../store.ts'
import { allChains, hlockClass } from './chains.ts'
import { LD, lockdep_root } from './globals.ts'
import { countReachable, edgesOf, readEdge } from './graph.ts'
import { H_HITS, H_MAX_DEPTH, H_MISSES, heldOf } from './held.ts'

const HIDDEN = '(____ptrval____)'

function rooted(view: Int32Array | undefined): number {
  raw_attach(view)
  return lockdep_root()
}

/** Numbers of all classes. */
function classes(): number[] {
  return Array.from({ length: classCount() }, (_, i) => i + 1)
}

/** One class per paragraph: uses, classes that can follow and precede it, usage, direct followers. */
export function lockdepText(view?: Int32Array): string {
  const globals = rooted(view)
  if (globals === 0) return ''
  const paragraph = (cls: number): string[] => {
    const at = classAt(cls)
    const ops = String(raw_read(at + CLASS.ops)).padStart(8)
    const fd = String(countReachable(globals, cls, true)).padStart(5)
    const bd = String(countReachable(globals, cls, false)).padStart(5)
    const usage = usageChars(raw_read(at + CLASS.usage))
    const followers = edgesOf(globals, cls, true)
      .map((edge) => readEdge(globals, edge))
      .filter(({ distance }) => distance === 1)
    return [
      `${HIDDEN} OPS:${ops} FD:${fd} BD:${bd} ${usage}: ${className(cls)}`,
      ...followers.map(({ to }) => ` -> [${HIDDEN}] ${className(to)}`),
      '',
    ]
  }
  return ['all lock classes:', ...classes().flatMap(paragraph)].join('\n')
}

/** One validated sequence of locks per paragraph. */
export function lockdepChainsText(view?: Int32Array): string {
  const globals = rooted(view)
  if (globals === 0) return ''
  const paragraph = (chain: readonly number[]): string[] => [
    'irq_context: process',
    ...chain.map((id) => `[${HIDDEN}] ${className(hlockClass(id))}`),
    '',
  ]
  return ['all lock chains:', ...allChains(globals).flatMap(paragraph)].join('\n')
}

/** Sizes of the tables and counts of what was checked. */
export function lockdepStats(view?: Int32Array): string {
  const globals = rooted(view)
  if (globals === 0) return ''
  const get = (offset: number): number => raw_read(globals + offset)
  const store = debug_root()
  const cpus = Array.from({ length: get(LD.cpus) }, (_, cpu) => heldOf(globals, cpu))
  const sum = (word: number): number => cpus.reduce((total, held) => total + raw_read(held + word), 0)
  const indirect = classes().reduce((total, cls) => total + countReachable(globals, cls, true) - 1, 0)
  const stack = debug_globals.offset
  const line = (label: string, value: number, max?: number): string =>
    ` ${`${label}:`.padEnd(31)}${String(value).padStart(11)}${max === undefined ? '' : ` [max: ${max}]`}`
  return [
    line('lock-classes', classCount(), maxClasses()),
    line('direct dependencies', get(LD.edges), get(LD.max_edges)),
    line('indirect dependencies', indirect),
    line('dependency chains', get(LD.chains), (get(LD.chain_slots) * 3) / 4),
    line('dependency chain hlocks used', get(LD.hlocks), get(LD.max_hlocks)),
    line('in-process chains', get(LD.chains)),
    line('stack-trace entries', raw_read(store + stack.stack_used), raw_read(store + stack.stack_words)),
    line('number of stack traces', raw_read(store + stack.stacks)),
    line('max locking depth', Math.max(0, ...cpus.map((held) => raw_read(held + H_MAX_DEPTH)))),
    line('max bfs queue depth', get(LD.max_bfs_queue)),
    line('max lock class index', classCount()),
    line('chain lookup misses', sum(H_MISSES)),
    line('chain lookup hits', sum(H_HITS)),
    line('cyclic checks', get(LD.cyclic_checks)),
    line('debug_locks', get(LD.debug_locks)),
  ].join('\n')
}
