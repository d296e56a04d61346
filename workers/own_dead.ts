/** A thread that ends while it has a user's lock, or the next that wants it. */
import { broughtNamed } from '../src/define/brought.ts'
import { loadFile } from '../src/define/load.ts'
import type { Lock } from '../src/define/lock.ts'
import * as d from '../src/torture/own/dead_owner.ts'

/** Runs one way and notes how it ends. True if it has the lock. */
function attempt(words: Int32Array, at: number, take: () => boolean | void): boolean {
  Atomics.store(words, at, d.BEGUN)
  try {
    const taken = take() !== false
    Atomics.store(words, at, taken ? d.TAKEN : d.REFUSED)
    return taken
  } catch {
    Atomics.store(words, at, d.THREW)
    return false
  }
}

export default async function job({ url, lock: name, heir, memory, control }: d.DeadThread): Promise<void> {
  await loadFile({ kind: 'lock', url })
  const lock = broughtNamed('lock', name) as Lock
  const view = new Int32Array(memory)
  const words = new Int32Array(control)
  if (!heir) {
    attempt(words, d.OWNS, () => {
      lock.init?.(view)
      lock.lock(view, 0)
    })
    return
  }
  const ways: Readonly<Record<(typeof d.WAYS)[number], (() => boolean | void) | undefined>> = {
    tryLock: lock.tryLock && (() => lock.tryLock?.(view, 1)),
    lockFor: lock.lockFor && (() => lock.lockFor?.(view, 1, d.HEIR_MS)),
    lock: () => lock.lock(view, 1),
  }
  d.WAYS.some((way, i) => {
    const take = ways[way]
    return take !== undefined && attempt(words, 1 + i, take)
  })
}
