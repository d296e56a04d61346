/**
 * Lets main look into an arena. Main has one arena per machine; a thread is attached to one at a time.
 *
 * Rule   `fn` is synchronous and only reads: main is attached as CPU 0, whose words belong to a worker.
 */
import { attach, memory } from '#access'
import { task_of } from '../mem/task.ts'

/** Runs `fn` with this thread attached to `view`, and attaches it again to what it was attached to. */
export function onArena<T>(view: Int32Array, fn: () => T): T {
  const before = memory()
  attach(view, 0, task_of(0))
  try {
    return fn()
  } finally {
    attach(before, 0, task_of(0))
  }
}
