/**
 * Bodies that meet on one sysfs file. The words they share are at the root `test`; see WORDS.
 */
import { fetch_add, futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, INT_MAX } from '../../src/base/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot, BLOCKED_KERNFS, rootAddr, task_of, task_struct } from '../../src/mem/index.ts'

const ROOT = rootAddr('test')
/** Offsets of the shared words. */
const ENTERED = 0
const RELEASE = 1
const DONE = 2
const READY = 3
const WINNERS = 4
const LATE = 5
const OBJECT = 6
const WORDS = 8

const TEST = k.static_name('t')
const OTHER = k.static_name('other')
const WRITERS = 4

function at(offset: number): number {
  return read(ROOT) + offset
}

/** Sets a word and wakes whoever waits for it. */
function signal(offset: number): void {
  fetch_add(at(offset), 1)
  futex_wake(at(offset), INT_MAX)
}

/** Waits until the word has reached `n`. */
function waitFor(offset: number, n = 1): void {
  for (let seen = READ_ONCE(at(offset)); seen < n; seen = READ_ONCE(at(offset))) futex_wait(at(offset), seen)
}

/** A store that stays inside until it is let go. */
const stalled = k.define_attribute<'kobject'>('bodies.stalled', {
  name: 'stalled',
  mode: 0o200,
  store: (_object, text) => {
    signal(ENTERED)
    waitFor(RELEASE)
    WRITE_ONCE(at(DONE), 1)
    return text.length
  },
})

/** A store that removes its own file, entered by all writers before one of them begins. */
const remove = k.define_attribute<'kobject'>('bodies.remove', {
  name: 'remove',
  mode: 0o200,
  store: (object, text, attr) => {
    signal(ENTERED)
    waitFor(ENTERED, WRITERS)
    if (k.sysfs_remove_file_self(object, attr)) {
      fetch_add(at(WINNERS), 1)
      while (sleepers() < WRITERS - 1) futex_wait(at(DONE), 0, 1e6)
      WRITE_ONCE(at(DONE), 1)
    } else if (READ_ONCE(at(DONE)) === 1) {
      fetch_add(at(LATE), 1)
    }
    return text.length
  },
})

/** A store that removes its own file the wrong way: it waits for itself. */
const suicidal = k.define_attribute<'kobject'>('bodies.suicidal', {
  name: 'suicidal',
  mode: 0o200,
  store: (object, text, attr) => {
    k.sysfs_remove_file(object, attr)
    return text.length
  },
})

/** Number of CPUs that sleep until a node is drained. */
function sleepers(): number {
  let count = 0
  for (let cpu = 1; cpu <= WRITERS; cpu++) {
    const task = task_of(cpu)
    if (READ_ONCE(task + task_struct.offset.blocked_on) === 0) continue
    if (READ_ONCE(task + task_struct.offset.blocked_kind) === BLOCKED_KERNFS) count++
  }
  return count
}

function object(): k.Kobject {
  return as(read(at(OBJECT)))
}

/** Makes the shared words and /sys/t with the three files. */
export function setup(): k.KernelCounts {
  write(ROOT, alloc_boot(WORDS))
  write(at(OBJECT), k.kobject_create_and_add(k.qstr_of(TEST), as(0)))
  for (const attr of [stalled, remove, suicidal]) k.sysfs_create_file(object(), attr)
  return k.kernel_counts()
}

function open(attr: number): k.File {
  return as(k.vfs_open_at(k.sysfs_dir(object()), k.qstr_of(k.attributes.get(attr).key), k.O_WRONLY))
}

function writeOnce(attr: number): number {
  const of = open(attr)
  const result = k.vfs_write(of, '1\n')
  k.vfs_close(of)
  return result
}

/** Writes to the file and stays in its store. Returns what the write returned. */
export function stalledWriter(): number {
  return writeOnce(stalled)
}

/** Removes the file while it is written. Returns whether the store was over when the removal returned. */
export function remover(): number {
  waitFor(READY)
  k.sysfs_remove_file(object(), stalled)
  return READ_ONCE(at(DONE))
}

/** What a third party sees while the removal waits: old descriptor, new open, and the tree lock. */
export function observer(): { oldFd: number; reopen: number; treeLockFree: boolean; done: number } {
  waitFor(ENTERED)
  const of = open(stalled)
  const kn = as<'kernfs_node'>(read(of + k.kernfs_open_file.offset.kn))
  signal(READY)
  while (k.kernfs_active(kn)) futex_wait(at(RELEASE), 0, 1e6)
  const oldFd = k.vfs_write(of, '1')
  const reopen = open(stalled)
  const other = as<'kobject'>(k.kobject_create_and_add(k.qstr_of(OTHER), as(0)))
  k.kobject_put(other)
  k.vfs_close(of)
  const done = READ_ONCE(at(DONE))
  signal(RELEASE)
  return { oldFd, reopen, treeLockFree: other > 0, done }
}

/** Writes to `remove`. Returns what the write returned. */
export function selfRemover(): number {
  return writeOnce(remove)
}

/** Writes to a file whose store removes it by name: does not return. */
export function hangs(): number {
  return writeOnce(suicidal)
}

/** What is left after the run. */
export function counts(): k.KernelCounts & { winners: number; late: number } {
  return { ...k.kernel_counts(), winners: read(at(WINNERS)), late: read(at(LATE)) }
}
