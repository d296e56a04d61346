/**
 * Machines of this process that may be looked at while they run. Whoever has a machine publishes it; whoever shows machines to other
 * processes asks for all of them, now and then.
 *
 * Cost      of a machine that nobody looks at: an entry in a set.
 * Context   the main thread.
 */
import type { SeenLock, SeenTask } from './look.ts'

/** A task, and in words what it does. */
export interface SeenDoing extends SeenTask {
  readonly doing: string
}

/** A machine as it is now. */
export interface SeenMachine {
  readonly name: string
  /** False: its CPUs have left it for another machine that shares them. */
  readonly active: boolean
  readonly tasks: readonly SeenDoing[]
  readonly locks: readonly SeenLock[]
  /** Tasks that create a device. */
  readonly creates: number
}

/** What can be looked at. */
export type Look = () => SeenMachine | Promise<SeenMachine>

const all = new Set<Look>()
const listeners = new Set<() => void>()

/** Publishes a machine. Call what it returns when the machine is gone. */
export function publishMachine(look: Look): () => void {
  all.add(look)
  for (const heard of listeners) heard()
  listeners.clear()
  return () => all.delete(look)
}

/** Calls `heard` once: now if a machine is published, else when the first one is. */
export function whenPublished(heard: () => void): void {
  if (all.size > 0) heard()
  else listeners.add(heard)
}

/** All machines as they are now, the active ones first. */
export async function seeMachines(): Promise<SeenMachine[]> {
  const seen = await Promise.all([...all].map(async (look) => look()))
  return seen.toSorted((a, b) => Number(b.active) - Number(a.active))
}
