/**
 * Text of a hung task, of a deadlock and of a dead owner.
 *
 * Source   kernel/hung_task.c, kernel/watchdog.c (formats of 6.1; for the owner: blocker.ts)
 */
import { counted } from '../../base/plural.ts'
import { TASK_DEAD } from '../../mem/task.ts'
import { pointer, RELEASE, taskOf } from '../format.ts'
import { allHeldLines, LOCKDEP_OFF } from '../lockdep/print.ts'
import { blockerLine, name, ownerless } from './blocker.ts'
import { likelyOwnersOf, ownersOf } from './owners.ts'
import { taskStack } from './stacks.ts'
import { readTasks, type Task } from './tasks.ts'
import type { IsDead, Wait } from './wait_graph.ts'

/** What a report may ask of others. */
export interface ReportSources {
  /** Lines of the locks that tasks hold, in place of lockdep's. */
  readonly heldLocks?: (view: Int32Array) => string[] | undefined
  /** Functions that a task is in, innermost first, in place of what it saved itself (stacks.ts). */
  readonly stackOf?: (view: Int32Array, cpu: number) => readonly string[]
  /** Name of the lock at an address, where no validator runs; '' if it has none. */
  readonly nameOf?: (address: number, kind: string) => string
  readonly isDead?: IsDead
}

function stackLines(view: Int32Array, task: Task, { stackOf = taskStack }: ReportSources): string[] {
  const frames = stackOf(view, task.cpu)
  const shown = frames.length > 0 || task.where === '' ? frames : [`? ${task.where}`]
  return ['Call Trace:', ' <TASK>', ...shown.map((frame) => ` ${frame}`), ' </TASK>']
}

function taskLines(view: Int32Array, task: Task, sources: ReportSources): string[] {
  const gone = task.state === TASK_DEAD || sources.isDead?.(task.cpu) === true
  const state = gone ? 'X' : task.blockedOn === 0 ? 'R' : 'D'
  const head = `task:${task.comm.padEnd(16)}state:${state} stack:0     pid:${String(task.pid).padEnd(5)}`
  return [`${head} ppid:0      flags:0x00000000`, ...stackLines(view, task, sources)]
}

/** Whom it waits for, in the words of debug_show_blocker() for what that knows; otherwise in our own. */
function ownerLines(view: Int32Array, task: Task, tasks: readonly Task[], sources: ReportSources): string[] {
  const owners = likelyOwnersOf(view, task, tasks).flatMap((cpu) => tasks[cpu] ?? [])
  if (owners.length === 0) return [`INFO: task ${name(task)} ${ownerless(task)}`]
  return owners.flatMap((owner) => {
    const gone = owner.state === TASK_DEAD || sources.isDead?.(owner.cpu) === true
    return [blockerLine(task, owner, gone), ...taskLines(view, owner, sources)]
  })
}

/** Report on the task of `cpu` that has slept for `seconds`: what it sleeps on, and who likely owns that. */
export function hungTaskReport(
  view: Int32Array,
  cpu: number,
  seconds: number,
  sources: ReportSources = {},
): string {
  const tasks = readTasks(view)
  const task = tasks[cpu]
  if (task === undefined) throw new RangeError(`there is no CPU ${cpu}`)
  return [
    `INFO: task ${name(task)} blocked for more than ${seconds} seconds.`,
    `      Not tainted ${RELEASE} #1`,
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
    ...taskLines(view, task, sources),
    ...ownerLines(view, task, tasks, sources),
  ].join('\n')
}

/** Report on a circle of sleeping tasks. */
export function waitCycleReport(
  view: Int32Array,
  cycle: readonly Wait[],
  sources: ReportSources = {},
): string {
  const width = 'INFO: tasks wait for each other'.length
  return [
    '',
    '='.repeat(width),
    'BUG: tasks wait for each other',
    '-'.repeat(width),
    ...cycle.map(({ task, owner }) => {
      const called = sources.nameOf?.(task.blockedOn, task.kindName) ?? ''
      const what = `${task.kindName}${called === '' ? '' : ` ${called}`} ${pointer(task.blockedOn)}`
      return ` task ${name(task)} waits for ${what}, which task ${name(owner)} keeps`
    }),
    '',
    ' *** DEADLOCK ***',
    '',
    ...cycle.flatMap(({ task }) => taskLines(view, task, sources)),
    ...allLocksHeld(view, sources),
  ].join('\n')
}

/** Report on a sleeper whose owner is gone. */
export function deadOwnerReport(
  view: Int32Array,
  { task, owner }: Wait,
  sources: ReportSources = {},
): string {
  return [
    blockerLine(task, owner, true),
    ` lock: ${pointer(task.blockedOn)}, owner_cpu: ${owner.cpu}`,
    ...taskLines(view, task, sources),
    ...allLocksHeld(view, sources),
  ].join('\n')
}

/**
 * "Showing all locks held in the system": from lockdep where it runs; otherwise, or after lockdep has turned itself off, the
 * locks that somebody sleeps on or that were recorded.
 */
export function allLocksHeld(view: Int32Array, sources: ReportSources = {}): string[] {
  const validated = (sources.heldLocks ?? allHeldLines)(view)
  const off = validated?.[0] === LOCKDEP_OFF
  const lines = validated === undefined || off ? knownLocks(view, sources) : validated
  const rule = '============================================='
  return ['', 'Showing all locks held in the system:', ...(off ? [LOCKDEP_OFF] : []), ...lines, '', rule]
}

function knownLocks(view: Int32Array, { nameOf }: ReportSources): string[] {
  const tasks = readTasks(view)
  const held = new Map<number, Map<number, string>>()
  const note = (cpu: number, lock: number, kind: string): void => {
    const locks = held.get(cpu) ?? new Map<number, string>()
    held.set(cpu, locks.set(lock, locks.get(lock) ?? (nameOf?.(lock, kind) || kind)))
  }
  for (const task of tasks) for (const lock of task.reads) note(task.cpu, lock, 'read')
  for (const task of tasks) {
    for (const owner of ownersOf(view, task, tasks)) note(owner, task.blockedOn, task.kindName)
  }
  return [...held]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([cpu, locks]) => [
      `${counted(locks.size, 'lock')} held by ${taskOf(cpu)}:`,
      ...[...locks].map(([lock, what], i) => ` #${i}: ${pointer(lock)} (${what})`),
    ])
}
