/**
 * The observers of this thread (checked build only), as one mutable list that access.checked and trace.checked walk.
 * Per-thread on purpose: a worker installs what its plan asks for before it runs kernel code.
 */
import type { Observer } from './observer.ts'

/** Installed observers, in order of installation. */
export const observers: Observer[] = []

/** Adds an observer to this thread. */
export function installObserver(observer: Observer): void {
  observers.push(observer)
}

/** Removes it again. */
export function removeObserver(observer: Observer): void {
  const at = observers.indexOf(observer)
  if (at >= 0) observers.splice(at, 1)
}
