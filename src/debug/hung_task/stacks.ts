/**
 * What each sleeping task was doing when it fell asleep: the stack of the task itself, which no other thread could take.
 */
import { smp_processor_id } from '#access'
import { raw_attach, raw_load, raw_read, raw_store, raw_watched } from '../../mem/raw.ts'
import type { Observer } from '../../trace/observer.ts'
import { capture, framesOf, frameText, STACK_DEPTH } from '../stack.ts'
import { loadStack, saveStack } from '../stack_depot.ts'
import { debug_globals, debug_root } from '../store.ts'

const AT = debug_globals.offset

function slotOf(cpu: number): number {
  const globals = debug_root()
  if (globals === 0 || cpu >= raw_read(globals + AT.cpus)) return 0
  return raw_read(globals + AT.task_stacks) + cpu
}

/** Saves the stack at every futex_wait: it costs less than the sleep. */
export class TaskStacks implements Observer {
  readonly name = 'task_stacks'

  constructor() {
    raw_attach()
  }

  wait(): void {
    const slot = raw_watched() ? slotOf(smp_processor_id()) : 0
    if (slot !== 0) raw_store(slot, saveStack(framesOf(capture(STACK_DEPTH))))
  }

  waited(): void {
    const slot = raw_watched() ? slotOf(smp_processor_id()) : 0
    if (slot !== 0) raw_store(slot, 0)
  }
}

/** Functions in which the task of a CPU sleeps, innermost first; empty if it runs, or nobody saved them. */
export function taskStack(view: Int32Array, cpu: number): string[] {
  raw_attach(view)
  const slot = slotOf(cpu)
  return slot === 0 ? [] : loadStack(raw_load(slot)).map(frameText)
}
