/** Bodies for the tests of completion. Each takes the addresses it works on. */
import { as } from '../../src/base/addr.ts'
import {
  complete,
  complete_all,
  wait_for_completion,
  wait_for_completion_timeout,
} from '../../src/sync/completion.ts'
import { arrive, await_blocked, await_stage, type SyncArg } from './sync_stage.ts'

/** CPU 0 completes `rounds` times, once for each pass of the others. */
export function completeMany(cpu: number, cpus: number, arg: SyncArg): number {
  const done = as<'completion'>(arg.object)
  const share = arg.rounds / (cpus - 1)
  for (let i = 0; i < (cpu === 0 ? arg.rounds : share); i++) {
    if (cpu === 0) complete(done)
    else wait_for_completion(done)
  }
  return cpu === 0 ? 0 : share
}

/** Two quick completions for two sleepers, again and again. */
export function completeTwice(cpu: number, _cpus: number, arg: SyncArg): void {
  const done = as<'completion'>(arg.object)
  for (let i = 1; i <= arg.rounds; i++) {
    if (cpu === 0) {
      await_blocked(1)
      await_blocked(2)
      complete(done)
      complete(done)
      await_stage(arg.stage, 2 * i)
    } else {
      wait_for_completion(done)
      arrive(arg.stage)
      await_stage(arg.stage, 2 * i)
    }
  }
}

/** All but CPU 0 wait; CPU 0 completes for all. */
export function completeAll(cpu: number, cpus: number, arg: SyncArg): number {
  const done = as<'completion'>(arg.object)
  if (cpu === 0) {
    for (let other = 1; other < cpus; other++) await_blocked(other)
    complete_all(done)
    return 0
  }
  wait_for_completion(done)
  return wait_for_completion_timeout(done, 5e9) > 0 ? 1 : 0
}
