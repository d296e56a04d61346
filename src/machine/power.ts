/**
 * Power: an arena per machine and a crew of workers, its own or shared, each worker a CPU that blocks while it is aboard.
 *
 * Invariant   when powerOn throws, nothing is left running.
 * Context     main's event loop.
 */
import { attach, memory } from '#access'
import { ENOMEM } from '../base/errno.ts'
import { createArena } from '../mem/arena.ts'
import { task_of } from '../mem/task.ts'
import { Crew } from './crew.ts'
import { machine_init } from './globals.ts'
import { Machine } from './machine.ts'
import { onArena } from './on_arena.ts'
import { LOCK_SLOTS, PlanTooBig, type MachinePlan } from './plan.ts'

/** Makes the arena. Throws PlanTooBig when it cannot be had. */
function makeArena(plan: MachinePlan): Int32Array {
  const before = memory()
  try {
    const view = new Int32Array(createArena(plan.arenaBytes, plan.cpus))
    const fits = onArena(view, () => machine_init(plan.cpus, plan.lockSlots ?? LOCK_SLOTS))
    if (!fits) throw new RangeError(`${plan.arenaBytes} bytes are too few for a machine of ${plan.cpus} CPUs`)
    return view
  } catch (error) {
    if (error instanceof RangeError) throw new PlanTooBig(error.message)
    throw error
  } finally {
    attach(before, 0, task_of(0))
  }
}

/**
 * Switches a machine on: arena, workers, boot. On failure nothing is left running.
 * @param shared a crew that other machines use as well; it must have as many CPUs. Its owner dismisses it
 * @throws PlanTooBig when the arena cannot be had, MachineFailure when it does not boot
 */
export async function powerOn(plan: MachinePlan, shared?: Crew): Promise<Machine> {
  const view = makeArena(plan)
  const crew = shared ?? new Crew(plan.cpus, plan.checked)
  const machine = new Machine(plan, view, crew, shared !== undefined)
  try {
    await machine.boot()
  } catch (error) {
    const noRoom = machine.bootResult === -ENOMEM
    await machine.off()
    if (noRoom) throw new PlanTooBig(`the kernel does not fit into ${plan.arenaBytes} bytes`)
    throw error
  }
  return machine
}
