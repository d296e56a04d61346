/**
 * The last lines of a ladder: what went wrong, what each CPU holds and sleeps on.
 */
import { BLOCKED_NAMES, task_of, task_struct } from '../mem/task.ts'
import { RELAX } from './dependence.ts'
import { FINISHED, RUNNING } from './engine/cpus.ts'
import type { Nested } from './engine/nested.ts'
import {
  ASSERTION,
  DEADLOCK,
  INVARIANT,
  LIVELOCK,
  LOST_WAKEUP,
  OUTCOME_NAMES,
  STEP_LIMIT,
} from '../define/outcome.ts'
import type { Symbols } from './symbols.ts'

const BLOCKED_ON = task_struct.offset.blocked_on
const BLOCKED_KIND = task_struct.offset.blocked_kind

/** What a CPU waits for, in words. */
function waiting(run: Nested, symbols: Symbols, cpu: number): string {
  const status = run.status[cpu]
  if (status === FINISHED) return 'has returned'
  if (status === RUNNING) {
    return run.op[cpu] === RELAX
      ? 'spins'
      : `is about to ${symbols.operation(run.op[cpu] ?? 0)}${symbols.foreign && run.addr[cpu] !== 0 ? ` ${symbols.word(run.addr[cpu] ?? 0)}` : ''}`
  }
  const own = run.sleepText(cpu)
  if (own !== '') return own
  const task = task_of(cpu)
  const lock = run.rules.lowest > 0 ? (run.memory[task + BLOCKED_ON] ?? 0) : 0
  if (lock === 0) {
    const addr = run.addr[cpu] ?? 0
    const [seen, now] = [run.x[cpu], run.memory[addr]]
    const since = !symbols.foreign
      ? ''
      : seen === now
        ? `, which is still ${now}`
        : `, which was ${seen} and is ${now}`
    return `sleeps on ${symbols.word(addr)}${since}`
  }
  const kind = BLOCKED_NAMES[run.memory[task + BLOCKED_KIND] ?? 0] ?? ''
  return `sleeps on ${symbols.object(lock)}${kind === '' ? '' : ` (${kind})`}`
}

function holding(run: Nested, symbols: Symbols, cpu: number): string {
  const held = run.objects.heldBy(cpu).map((lock) => symbols.object(lock))
  return held.length === 0 ? '' : `holds ${held.join(', ')} and `
}

/** One or two lines. */
export function conclusionOf(run: Nested, symbols: Symbols): string[] {
  const kind = OUTCOME_NAMES[run.outcome] ?? ''
  const title = kind.charAt(0).toUpperCase() + kind.slice(1)
  if (run.outcome === ASSERTION || run.outcome === INVARIANT) {
    return [`${title}${run.failedCpu >= 0 ? ` on cpu-${run.failedCpu}` : ' at the end'}: ${run.message}`]
  }
  const where = run.failedAddr === 0 ? '' : ` on ${symbols.word(run.failedAddr)}`
  if ([DEADLOCK, LOST_WAKEUP, LIVELOCK, STEP_LIMIT].includes(run.outcome)) {
    const cpus = Array.from(
      { length: run.cpus },
      (_, cpu) => `cpu-${cpu} ${holding(run, symbols, cpu)}${waiting(run, symbols, cpu)}`,
    )
    const why =
      run.outcome === LOST_WAKEUP
        ? [
            `${symbols.word(run.failedAddr)} has changed since cpu-${run.failedCpu} went to sleep on it, and nobody is left to wake it.`,
          ]
        : []
    const told = run.message === '' ? [] : [`${run.message}.`]
    return [`${title}: ${cpus.join('; ')}.`, ...why, ...told]
  }
  return [`${title}${where}: ${run.message}.`]
}
