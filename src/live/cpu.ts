/**
 * A CPU of a machine that somebody sits at. The boot CPU makes the kernel and then serves interrupts, the next one serves work; the
 * others wait for words and run one at a time, to its end.
 *
 * State     task_struct: `op` is the word, `op_arg` the number of the job, `state` TASK_DONE between words. A task that throws what is
 *           no refusal is dead: what it held stays held, and its CPU takes no more words.
 * Context   a worker of the checked build. Answers go out at once, whatever the CPU waits for afterwards.
 */
import { parentPort, threadId } from 'node:worker_threads'
import { WRITE_ONCE, write } from '#access'
import { trace_sys_exit } from '#trace'
import { ENOMEM } from '../base/errno.ts'
import { detectors_attach, detectors_init, type DetectorPlan } from '../debug/detectors.ts'
import { serve, SERVE_IRQS, SERVE_WORK } from '../kernel/service.ts'
import { beat } from '../machine/cpu.ts'
import { attachArena } from '../mem/arena.ts'
import { current, task_struct, TASK_DEAD, TASK_DONE, TASK_RUNNING } from '../mem/task.ts'
import { clear_signal } from '../sync/index.ts'
import { serve_word, start_live, type LivePlan } from './boot.ts'
import { LIVE_WORDS, OPERATIONS, WordError, type LiveFile } from './words/index.ts'

/** What a worker is told when it starts. */
export interface LiveCpuData {
  readonly sab: SharedArrayBuffer
  readonly cpu: number
  readonly plan: LivePlan
}

/** A word to run. */
export interface LiveOrder {
  readonly job: number
  readonly word: string
  readonly args: readonly string[]
  readonly file?: LiveFile | undefined
}

/** What comes back while it runs, and last of all its end. */
export type LiveAnswer =
  | { readonly booted: number }
  | { readonly out: string }
  | { readonly err: string }
  | { readonly gave: unknown }
  | { readonly status: number }
  | { readonly died: string }

/** CPUs that serve: they take no words. */
export const SERVING = 2
/** Every machine of this kind is watched: lock names, owners and reports come from them. */
const DETECTORS: DetectorPlan = { lockdep: { maxReports: 100 }, lockStat: true }
const { state: STATE, tid: TID } = task_struct.offset
const SERVES = OPERATIONS.indexOf('serve')

function say(answer: LiveAnswer): void {
  parentPort?.postMessage(answer)
}

/** The life of a CPU. Returns for those that take words: the event loop brings them. */
export function runLiveCpu({ sab, cpu, plan }: LiveCpuData): void {
  attachArena(sab, cpu)
  write(current() + TID, threadId)
  const ready = cpu > 0 || detectors_init(DETECTORS)
  detectors_attach(DETECTORS)
  const ret = cpu > 0 ? 0 : ready ? start_live(plan) : -ENOMEM
  say({ booted: ret })
  if (ret !== 0) return
  if (cpu < SERVING) return serveFor(cpu === 0 ? SERVE_IRQS : SERVE_WORK)
  WRITE_ONCE(current() + STATE, TASK_DONE)
  parentPort?.on('message', (order: LiveOrder) => {
    obey(cpu, order)
  })
}

function serveFor(what: number): void {
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  beat(SERVES, 0)
  serve(serve_word(), what, () => {
    beat(SERVES, 0)
  })
}

function obey(cpu: number, { job, word, args, file }: LiveOrder): void {
  const print = (out: string): void => {
    say({ out: out.endsWith('\n') ? out : `${out}\n` })
  }
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  beat(OPERATIONS.indexOf(word), job)
  try {
    LIVE_WORDS[word]?.({ cpu, args, file, print, give: (gave) => say({ gave }) })
    finish(0)
  } catch (error) {
    if (error instanceof WordError) {
      say({ err: error.message })
      finish(error.status)
    } else {
      WRITE_ONCE(current() + STATE, TASK_DEAD)
      say({ died: error instanceof Error ? error.message : String(error) })
    }
  }
}

/** Back to user space: a signal that nobody heard is gone. */
function finish(status: number): void {
  trace_sys_exit()
  clear_signal()
  beat(0, 0)
  WRITE_ONCE(current() + STATE, TASK_DONE)
  say({ status })
}
