/**
 * The end of a mount on CPU 0, when it is the only thread left: what the real kernel still held is given back, and the
 * emulated kernel is looked over. Devices that somebody left are no fault.
 */
import { as } from '../base/addr.ts'
import { busy_nodes, dangling_links, kernel_counts, kernfs_put, vfs_close } from '../kernel/index.ts'
import { locks_still_held } from '../machine/lock_registry.ts'
import { arenaUsedWords } from '../mem/arena.ts'
import type { MountWords } from './words.ts'

/** What was found when the last thread was left. */
export interface Closing {
  /** Look-ups and open files that the real kernel had not given back. */
  readonly lookups: number
  readonly files: number
  /** One sentence per thing that should be otherwise. */
  readonly broken: readonly string[]
}

/** Gives back what is left. Nothing lies above what the arena has handed out. */
function giveBack({ nodes, files }: MountWords): Pick<Closing, 'lookups' | 'files'> {
  let [lookups, open] = [0, 0]
  const end = arenaUsedWords()
  for (let at = 0; at < end; at++) {
    if (files[at] === 0) continue
    vfs_close(as(at))
    open++
  }
  for (let at = 0; at < end; at++) {
    const count = nodes[at] as number
    for (let i = 0; i < count; i++) kernfs_put(as(at))
    lookups += count
  }
  return { lookups, files: open }
}

function some(what: string, found: readonly string[]): string[] {
  return found.length === 0 ? [] : [`${what}: ${found.join(', ')}`]
}

/** See the head of this file. */
export function close(words: MountWords): Closing {
  const left = giveBack(words)
  const { kernfsNodes, kernfsLinked, openFiles, oopses } = kernel_counts()
  const leaked = kernfsNodes - kernfsLinked
  const broken = [
    ...(leaked === 0 ? [] : [`kernfs nodes that are in no directory and in memory: ${leaked}, not 0`]),
    ...(openFiles === 0 ? [] : [`open files: ${openFiles}, not 0`]),
    ...(oopses === 0 ? [] : [`Oopses: ${oopses}, not 0`]),
    ...some('links that lead nowhere', dangling_links()),
    ...some('files with an operation that never ended', busy_nodes()),
    ...some('locks still held', locks_still_held()),
  ]
  return { ...left, broken }
}
