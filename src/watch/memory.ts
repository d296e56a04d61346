/**
 * The memory that the watched threads of a program share, beside the program's own: an arena with a task per thread, the tables of
 * the detectors, and a shadow of each lock.
 *
 * Shadow     what stands for a lock of the program here: a lock of the same layout whose owner is a task of this arena, so that every
 *            detector and report reads it as it reads a lock of the kernel. The lock itself keeps the address of its shadow in its
 *            `dep_map`, a word that nothing else uses: so all threads know it for the same lock, wherever it lies.
 * Context    created by the main thread; others join.
 */
import { alloc_boot, arenaCpus, createArena, attachArena, rootAddr } from '../mem/arena.ts'
import { read, READ_ONCE, WRITE_ONCE, cmpxchg, fetch_add, write, memory } from '#access'
import { detectorArenaBytes, detectors_init, type DetectorPlan } from '../debug/detectors.ts'
import { struct, word, words } from '../mem/layout.ts'
import { strings_init } from '../mem/strings.ts'
import { current, task_struct, TASK_DONE, TASK_RUNNING } from '../mem/task.ts'

/** Most threads at a time. */
const THREADS = 128
/** Bytes for shadows: some 30,000 locks. */
const BYTES = 2 << 20
const REPORTS = 50
/** Names that are looked after. */
const KEYS = 2048
const DETECTORS: DetectorPlan = { lockdep: { maxReports: REPORTS }, lockStat: true }

const globals = struct('watch_globals', {
  /** 1 for each task that is taken. */
  taken: words(THREADS),
  /** Findings that were printed. */
  printed: word,
  /** By key of a class: the mark of the layout whose part has the name. */
  layouts: words(KEYS),
  /** Threads that found no task, locks that found no shadow: what is not seen. */
  unseen: word,
})
const ROOT = rootAddr('watch')
const G = globals.offset
const { state: STATE, tid: TID, heartbeat: HEARTBEAT } = task_struct.offset

/** Makes the memory, as CPU 0. Throws if it cannot. */
export function createWatch(): SharedArrayBuffer {
  const sab = createArena(detectorArenaBytes(DETECTORS, BYTES, THREADS), THREADS)
  const g = alloc_boot(globals.words)
  if (!detectors_init(DETECTORS) || !strings_init() || g === 0) throw new Error('no memory to watch with')
  write(ROOT, g)
  return sab
}

/** Makes this thread a task of the memory. Returns its number; -1 if all are taken: then it is not watched. */
export function joinWatch(sab: SharedArrayBuffer, threadId: number): number {
  attachArena(sab, 0)
  const g = read(ROOT)
  const task = Array.from({ length: arenaCpus(memory()) }, (_, i) => i).find(
    (i) => cmpxchg(g + G.taken + i, 0, 1) === 0,
  )
  if (task === undefined) {
    fetch_add(g + G.unseen, 1)
    return -1
  }
  attachArena(sab, task)
  write(current() + TID, threadId)
  WRITE_ONCE(current() + HEARTBEAT, read(current() + HEARTBEAT) + 1)
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  return task
}

/** The thread ends: another one may be the task. The memory is attached. */
export function leaveWatch(task: number): void {
  WRITE_ONCE(current() + STATE, TASK_DONE)
  WRITE_ONCE(read(ROOT) + G.taken + task, 0)
}

/** The memory as one looks at it from outside: numbers of the words above. */
export function watchWord(name: 'printed' | 'unseen'): number {
  return read(ROOT) + G[name]
}

/** True if the name of that class belongs to the layout: the first that has it. */
export function ownsName(key: number, layout: number): boolean {
  if (key >= KEYS) return true
  const at = read(ROOT) + G.layouts + key
  const found = cmpxchg(at, 0, layout)
  return found === 0 || found === layout
}

/** Counts what is not seen. */
export function noteUnseen(): void {
  fetch_add(read(ROOT) + G.unseen, 1)
}

/** Threads and locks that found no room. */
export function unseen(): number {
  return READ_ONCE(read(ROOT) + G.unseen)
}
