/**
 * A machine with a program as it is now, for who looks at runs. Loaded when somebody does: it reads what detectors keep, and the fast
 * build carries none of them.
 */
import { operationText } from './failure.ts'
import { locks_held, registered_locks } from './lock_registry.ts'
import { seeLocks, seeTasks, type Knowledge } from './look.ts'
import type { Program } from './program.ts'
import type { SeenMachine } from './published.ts'

/** What is known of locks that were registered, and of what a program can describe. */
export function registeredKnowledge(describe: (address: number, kind: string) => string): Knowledge {
  return {
    describe: (address, kind) =>
      describe(address, kind) || (registered_locks().find((lock) => lock.address === address)?.name ?? ''),
    holds: (cpu) => locks_held(cpu, describe),
  }
}

/** A machine as it is now; `cpus` 0: nobody is aboard. This thread must be attached to its arena, which is `view`. */
export function seeProgram(
  name: string,
  cpus: number,
  program: Program | undefined,
  view: Int32Array,
): SeenMachine {
  const knowledge = registeredKnowledge((address, kind) => program?.describe?.(address, kind) ?? '')
  if (cpus === 0) return { name, active: false, tasks: [], locks: [], creates: 0 }
  const tasks = seeTasks(view, knowledge)
    .slice(0, cpus)
    .map((task) => ({ ...task, doing: operationText(task.op, task.arg, program) }))
  const create = program?.operations.indexOf('create') ?? -1
  const creates = tasks.filter(({ op, state }) => op > 0 && op === create && state !== 'I').length
  return { name, active: true, tasks, locks: seeLocks(view, knowledge), creates }
}
