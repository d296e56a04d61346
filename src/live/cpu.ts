/**
 * A CPU of a machine that somebody sits at. The boot CPU makes the kernel and then serves interrupts, the next one serves work; the
 * others wait for words and run one at a time, to its end.
 *
 * State     task_struct: `op` is the word, `op_arg` the number of the job, `state` TASK_DONE between words. A task that throws what is
 *           no refusal is dead: what it held stays held, and its CPU takes no more words.
 * Context   a worker of the checked build. Answers go out at once, whatever the CPU waits for afterwards.
 */
import { threadId, type MessagePort } from 'node:worker_threads'
import { smp_processor_id, WRITE_ONCE, write } from '#access'
import { trace_sys_exit } from '#trace'
import { ENOMEM } from '../base/errno.ts'
import { detectors_attach, detectors_init, type DetectorPlan } from '../debug/detectors.ts'
import { serve, SERVE_IRQS, SERVE_WORK } from '../kernel/service.ts'
import { beat } from '../machine/cpu.ts'
import type { Telling } from '../machine/worker_thread.ts'
import { attachArena } from '../mem/arena.ts'
import { current, task_struct, TASK_DEAD, TASK_DONE, TASK_RUNNING } from '../mem/task.ts'
import { clear_signal } from '../sync/index.ts'
import { ownThread } from './asleep.ts'
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

/** What comes back while it runs. */
export type LiveAnswer =
  | { readonly booted: number; readonly thread: number }
  | { readonly out: string }
  | { readonly err: string }
  | { readonly gave: unknown }

/** How a word ends. */
export type LiveEnding = { readonly status: number } | { readonly died: string }

/** CPUs that serve: they take no words. */
export const SERVING = 2
/** Every machine of this kind is watched: lock names, owners and reports come from them. */
const DETECTORS: DetectorPlan = { lockdep: { maxReports: 100 }, lockStat: true }
const { state: STATE, tid: TID } = task_struct.offset
const SERVES = OPERATIONS.indexOf('serve')

/** A CPU comes up. Returns for those that take words, which come as further jobs. */
export function bootLiveCpu({ sab, cpu, plan, port }: Telling<LiveCpuData>): void {
  attachArena(sab, cpu)
  write(current() + TID, threadId)
  const ready = cpu > 0 || detectors_init(DETECTORS)
  detectors_attach(DETECTORS)
  const ret = cpu > 0 ? 0 : ready ? start_live(plan) : -ENOMEM
  port.postMessage({ booted: ret, thread: ownThread() } satisfies LiveAnswer)
  if (ret !== 0) return
  if (cpu < SERVING) return serveFor(cpu === 0 ? SERVE_IRQS : SERVE_WORK)
  WRITE_ONCE(current() + STATE, TASK_DONE)
}

function serveFor(what: number): void {
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  beat(SERVES, 0)
  serve(serve_word(), what, () => beat(SERVES, 0))
}

/** Runs a word. */
export function obey({ job, word, args, file, port }: Telling<LiveOrder>): LiveEnding {
  const say = teller(port)
  const cpu = smp_processor_id()
  const print = (out: string): void => say({ out: out.endsWith('\n') ? out : `${out}\n` })
  WRITE_ONCE(current() + STATE, TASK_RUNNING)
  beat(OPERATIONS.indexOf(word), job)
  try {
    LIVE_WORDS[word]?.({ cpu, args, file, print, give: (gave) => say({ gave }) })
    return finish(0)
  } catch (error) {
    if (error instanceof WordError) {
      say({ err: error.message })
      return finish(error.status)
    }
    WRITE_ONCE(current() + STATE, TASK_DEAD)
    return { died: error instanceof Error ? error.message : String(error) }
  }
}

const teller =
  (port: MessagePort) =>
  (answer: LiveAnswer): void =>
    port.postMessage(answer)

/** Back to user space: a signal that nobody heard is gone. */
function finish(status: number): LiveEnding {
  trace_sys_exit()
  clear_signal()
  beat(0, 0)
  WRITE_ONCE(current() + STATE, TASK_DONE)
  return { status }
}
