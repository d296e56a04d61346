/**
 * The body of every torture task: finds its type and its part in it, works until told to stop.
 */
import { current_task, WRITE_ONCE } from '#access'
import { TASK_DONE, TASK_RUNNING, task_struct } from '../mem/task.ts'
import { FIRST_CPU, torture_task } from './control.ts'
import type { Params } from './params.ts'
import { TortureTask } from './task.ts'
import type { TaskKind } from './tally.ts'
import { findType } from './types.ts'

/** What all tasks are told. */
export interface BodyArg {
  readonly type: string
  readonly kinds: readonly TaskKind[]
  readonly params: Params
  readonly state: number
  readonly control: number
  readonly slots: number
}

const STATE = task_struct.offset.state

/** Runs one task. */
export function kthread(cpu: number, _cpus: number, arg: BodyArg): void {
  const type = findType(arg.type)
  if (type === undefined) throw new Error(`no torture type ${arg.type}`)
  const { params, state, control, slots } = arg
  const { body, nr, of } = partOf(arg.kinds, cpu - FIRST_CPU)
  const work = type.bodies[body]
  if (work === undefined) throw new Error(`torture type ${type.name} has no body '${body}'`)
  const slot = slots + (cpu - FIRST_CPU) * torture_task.words
  WRITE_ONCE(current_task() + STATE, TASK_RUNNING)
  work(new TortureTask(nr, of, cpu, params, state, control, slot))
  WRITE_ONCE(current_task() + STATE, TASK_DONE)
}

/** What the index-th of all tasks is: its body, its number among its kind, and how many there are. */
function partOf(kinds: readonly TaskKind[], index: number): { body: string; nr: number; of: number } {
  let first = 0
  for (const { body, tasks } of kinds) {
    if (index < first + tasks) return { body, nr: index - first, of: tasks }
    first += tasks
  }
  throw new RangeError(`there is no task ${index}`)
}
