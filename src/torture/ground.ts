/**
 * The ground of a test: an arena with the control words, a slot per task, and what is tortured. Main makes it before any task
 * exists.
 */
import { alloc_boot, arenaUsedWords, createArena } from '../mem/arena.ts'
import { strings_init } from '../mem/strings.ts'
import type { Detectors } from './detectors.ts'
import { FIRST_CPU, torture_control, torture_task } from './control.ts'
import type { Params } from './params.ts'
import type { TaskKind } from './tally.ts'
import type { TortureType } from './type.ts'

const ARENA_BYTES = 8 << 20

/** Where everything is. */
export interface Ground {
  readonly sab: SharedArrayBuffer
  readonly view: Int32Array
  readonly kinds: readonly TaskKind[]
  /** Tasks of all kinds. */
  readonly tasks: number
  readonly control: number
  readonly slots: number
  /** What the type's `init` returned. */
  readonly state: number
  /** Words that `init` allocated: from, to. */
  readonly region: readonly [number, number]
}

/** Lays out a test. Throws a RangeError if the parameters leave it no task, or the arena no room for the detectors. */
export function layOut(type: TortureType, params: Params, detectors: Detectors | undefined): Ground {
  const kinds = type.tasks(params)
  const tasks = kinds.reduce((sum, kind) => sum + kind.tasks, 0)
  if (tasks === 0) throw new RangeError('a test needs at least one task')
  const cpus = tasks + FIRST_CPU
  const sab = createArena(detectors?.arenaBytes(ARENA_BYTES, cpus) ?? ARENA_BYTES, cpus)
  strings_init()
  detectors?.attach()
  const control = alloc_boot(torture_control.words)
  const slots = alloc_boot(tasks * torture_task.words)
  const from = arenaUsedWords()
  const state = type.init(params)
  const region = [from, arenaUsedWords()] as const
  return { sab, view: new Int32Array(sab), kinds, tasks, control, slots, state, region }
}
