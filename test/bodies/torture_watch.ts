/** Bodies for the tests of the progress watchdog: sleepers on a word that main owns. */
import { current_task, futex_wait, READ_ONCE, WRITE_ONCE } from '#access'
import {
  BLOCKED_MUTEX,
  BLOCKED_SLEEP,
  clear_blocked,
  set_blocked,
  TASK_DONE,
  task_struct,
} from '../../src/mem/task.ts'

/** Sleeps until `word` is 2. */
export function sleeper(_cpu: number, _cpus: number, { word }: { word: number }): void {
  set_blocked(word, BLOCKED_MUTEX)
  for (let seen = READ_ONCE(word); seen !== 2; seen = READ_ONCE(word)) futex_wait(word, seen)
  clear_blocked()
  WRITE_ONCE(current_task() + task_struct.offset.state, TASK_DONE)
}

/** Says that it sleeps, and polls instead until `word` is 2: a sleeper that has been woken and does not run. */
export function pretender(_cpu: number, _cpus: number, { word, nap }: { word: number; nap: number }): void {
  set_blocked(word, BLOCKED_MUTEX)
  while (READ_ONCE(word) !== 2) futex_wait(nap, 0, 100_000)
  clear_blocked()
  WRITE_ONCE(current_task() + task_struct.offset.state, TASK_DONE)
}

/** Idles on the control word until `word` is 2, as a task that naps and comes back does. */
export function idler(
  _cpu: number,
  _cpus: number,
  { word, control }: { word: number; control: number },
): void {
  set_blocked(control, BLOCKED_SLEEP)
  while (READ_ONCE(word) !== 2) futex_wait(control, 0, 100_000)
  clear_blocked()
  WRITE_ONCE(current_task() + task_struct.offset.state, TASK_DONE)
}
