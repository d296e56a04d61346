/**
 * The end of a machine that broke: what happened, and the state of every CPU at that moment.
 */
import { READ_ONCE, read } from '#access'
import { errname } from '../base/errno.ts'
import { symbolName } from '../base/symbols.ts'
import { BLOCKED_NAMES, task_of, task_struct, TASK_DEAD, TASK_RUNNING } from '../mem/task.ts'
import { lock_name, lock_owner, locks_held, registered_locks } from './lock_registry.ts'
import { HEAP_MB } from './plan.ts'
import type { Program } from './program.ts'

/** Why a machine broke. */
export type FailureKind = 'throw' | 'exit' | 'memory' | 'hang' | 'deadlock' | 'budget' | 'boot'

/** A machine that broke. Its arena must not be used any more: a lock may be held for ever. */
export class MachineFailure extends Error {
  override readonly name: string = 'MachineFailure'
  readonly kind: FailureKind
  /** CPU that broke it, −1 if it cannot be told. */
  readonly cpu: number
  /** Several lines: the message, then each CPU with its operation, what it waits for and what it holds. */
  readonly report: string

  constructor(kind: FailureKind, cpu: number, message: string, report: string) {
    super(message)
    this.kind = kind
    this.cpu = cpu
    this.report = report
  }
}

/** Why the task of a CPU has ended, from its error and from what the boot answered. */
export function causeOfDeath(
  cpu: number,
  error: Error & { readonly code?: string },
  bootResult: number,
): { readonly kind: FailureKind; readonly message: string } {
  if (bootResult < 0) return { kind: 'boot', message: `the kernel does not boot: ${errname(bootResult)}` }
  const worker = `the worker of CPU ${cpu}`
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { kind: 'memory', message: `${worker} ran out of memory (${HEAP_MB} MB)` }
  }
  if (/exited with code/.test(error.message)) {
    return { kind: 'exit', message: `${worker} is gone: ${error.message}` }
  }
  return { kind: 'throw', message: `CPU ${cpu} threw: ${error.stack ?? error.message}` }
}

const T = task_struct.offset

/** The state of CPUs 0 … cpus − 1 as text, one paragraph each. This thread must be attached to the arena. */
export function cpuReport(cpus: number, program: Program | undefined): string {
  return Array.from({ length: cpus }, (_, cpu) => describeCpu(cpu, program)).join('\n')
}

/** `create of device 5`; '' for nothing. */
export function operationText(op: number, arg: number, program: Program | undefined): string {
  if (op === 0) return ''
  const name = program?.operations[op] ?? `operation ${op}`
  return `${name} ${program?.describeArg?.(op, arg) ?? `#${arg}`}`
}

function describeCpu(cpu: number, program: Program | undefined): string {
  const task = task_of(cpu)
  const held = locks_held(cpu, (address, kind) => program?.describe?.(address, kind) ?? '')
  const lines = [`CPU ${cpu} (worker thread ${read(task + T.tid)}): ${activity(task, program)}`]
  const waits = waitsFor(task, program)
  if (waits !== '') lines.push(`    waits for ${waits}`)
  if (held.length > 0) lines.push(`    holds ${held.join(', ')}`)
  return lines.join('\n')
}

function activity(task: number, program: Program | undefined): string {
  const state = READ_ONCE(task + T.state)
  const text = operationText(read(task + T.op), read(task + T.op_arg), program)
  const where = symbolName(read(task + T.where))
  const doing = text === '' ? 'idle' : `${text}${where === '' ? '' : `, last seen in ${where}`}`
  if (state === TASK_DEAD) return `died in ${doing}`
  if (state !== TASK_RUNNING) return 'idle'
  const blocked = READ_ONCE(task + T.blocked_on) !== 0
  return `${doing}, ${blocked ? 'asleep' : 'running'}, heartbeat ${read(task + T.heartbeat)}`
}

function waitsFor(task: number, program: Program | undefined): string {
  const address = READ_ONCE(task + T.blocked_on)
  if (address === 0 || READ_ONCE(task + T.state) !== TASK_RUNNING) return ''
  const kind = BLOCKED_NAMES[read(task + T.blocked_kind)] ?? 'something'
  if (kind === 'barrier') return 'the other CPUs (barrier)'
  if (kind === 'sleep') return 'its vendor (sleep)'
  const own = program?.describe?.(address, kind) ?? ''
  if (own !== '') return `${kind} ${own}`
  const lock = registered_locks().find((one) => one.address === address)
  const owner = lock === undefined ? -1 : lock_owner(lock)
  return lock_name(address, kind) + (owner < 0 ? '' : `, held by CPU ${owner}`)
}
