/**
 * What is seen of a watched program: as data, and as text. From any thread that has the watch's memory.
 *
 * Suppressed   a report in which a suppressed lock stands is left out everywhere, and counted.
 */
import { findings, type Finding } from '../debug/findings.ts'
import { readTask, readTasks, type Task } from '../debug/hung_task/tasks.ts'
import { likelyOwnersOf } from '../debug/hung_task/owners.ts'
import { taskStack } from '../debug/hung_task/stacks.ts'
import { lockNameAt } from '../debug/lock_name.ts'
import { lockStats, type LockStatRow } from '../debug/lock_stat/report.ts'
import { heldLocksOf } from '../debug/lockdep/print.ts'
import { task_of, task_struct, TASK_RUNNING } from '../mem/task.ts'
import { hasShadow } from './shapes.ts'

const TID = task_struct.offset.tid

/** A report. */
export interface WatchFinding {
  readonly detector: string
  readonly title: string
  readonly thread: number
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A thread as it is now. */
export interface WatchedThread {
  readonly thread: number
  /** What it waits for, as `mutex accounts`; '' if it runs. */
  readonly waits: string
  /** Threads that keep it waiting, as far as known. */
  readonly owners: readonly number[]
  readonly holds: readonly string[]
  /** Functions in which it sleeps, innermost first. */
  readonly stack: readonly string[]
}

/** All of it. */
export interface WatchReport {
  readonly schema: 'lockstorm/watch@1'
  readonly findings: readonly WatchFinding[]
  /** Findings that were left out, by suppressed name. */
  readonly suppressed: Readonly<Record<string, number>>
  readonly threads: readonly WatchedThread[]
  readonly lockStat: readonly LockStatRow[]
  /** Threads and locks for which there was no room. */
  readonly unseen: number
}

/** Number of the thread that is a task, as the runtime numbers it. */
function threadOf(view: Int32Array, cpu: number): number {
  return view[task_of(cpu) + TID] ?? 0
}

/** Reports speak of tasks `cpu-3`; here they are threads. */
function inThreads(view: Int32Array, text: string): string {
  return text
    .replaceAll(/\bcpu-(\d+)/g, (_, cpu: string) => `thread-${threadOf(view, Number(cpu))}`)
    .replaceAll(/\b(thread-\d+)[/:]\d+\b/g, '$1')
    .replaceAll(/^"echo 0 > .*\n/gm, '')
    .replaceAll(/^CPU: \d+ PID: \d+ Comm: (\S+) Not tainted \S+ #\d+$/gm, '$1:')
    .replaceAll(/^\s*Not tainted \S+ #\d+\n/gm, '')
    .replaceAll(/^\S+ #\d+ Not tainted\n/gm, '')
    .replace(/^\n/, '')
}

/** True if a lock of that name stands in the report. */
function names(text: string, name: string): boolean {
  return text.includes(`(${name}){`) || text.includes(`lock(${name}`) || text.includes(` ${name} `)
}

/** Findings that are not suppressed. */
export function seenFindings(view: Int32Array, suppressions: readonly string[]): WatchFinding[] {
  return findings(view)
    .filter(({ text }) => !suppressions.some((name) => names(text, name)))
    .map(({ detector, title, cpu, text, data }: Finding) => ({
      detector,
      title,
      thread: threadOf(view, cpu),
      text: inThreads(view, text),
      data,
    }))
}

function nameOf(view: Int32Array, { blockedOn, kind }: Task): string {
  return blockedOn !== 0 && hasShadow(kind) ? lockNameAt(view, blockedOn, kind) : ''
}

/** Name of what a sleeper of that kind sleeps on. */
export function nameIn(view: Int32Array): (address: number, kind: string) => string {
  return (address) => {
    const task = readTasks(view).find(({ blockedOn }) => blockedOn === address)
    return task === undefined ? '' : nameOf(view, task)
  }
}

function seeThread(view: Int32Array, cpu: number): WatchedThread {
  const task = readTask(view, cpu)
  const name = nameOf(view, task)
  return {
    thread: threadOf(view, cpu),
    waits: task.blockedOn === 0 ? '' : `${task.kindName} ${name}`.trim(),
    owners: likelyOwnersOf(view, task, readTasks(view)).map((owner) => threadOf(view, owner)),
    holds: heldLocksOf(view, cpu)
      .filter(({ address }) => address !== task.blockedOn)
      .map((lock) => (lock.mode === 'write' ? lock.name : `${lock.name} (read)`)),
    stack: task.blockedOn === 0 ? [] : taskStack(view, cpu),
  }
}

/** Everything. */
export function lookAt(view: Int32Array, suppressions: readonly string[], unseen: number): WatchReport {
  const all = findings(view)
  const running = readTasks(view).filter(({ state }) => state === TASK_RUNNING)
  return {
    schema: 'lockstorm/watch@1',
    findings: seenFindings(view, suppressions),
    suppressed: Object.fromEntries(
      suppressions.map((name) => [name, all.filter(({ text }) => names(text, name)).length]),
    ),
    threads: running.map(({ cpu }) => seeThread(view, cpu)),
    lockStat: lockStats(view),
    unseen,
  }
}

function threadLines({ thread, waits, owners, holds, stack }: WatchedThread): string[] {
  const by = owners.length === 0 ? '' : `, held by ${owners.map((one) => `thread-${one}`).join(', ')}`
  return [
    `thread-${thread}: ${waits === '' ? 'runs' : `waits for ${waits}${by}`}`,
    ...(holds.length === 0 ? [] : [`    holds ${holds.join(', ')}`]),
    ...stack.map((frame) => `    in ${frame}`),
  ]
}

function statLines(rows: readonly LockStatRow[]): string[] {
  const us = (ns: number): string => (ns / 1000).toFixed(1)
  const lines = rows.map(({ name, write, read }) => {
    const [wait, hold] = [write.wait.nr + read.wait.nr, write.hold.nr + read.hold.nr]
    const times = [write.wait.total + read.wait.total, write.hold.total + read.hold.total].map(us)
    return `${name}: taken ${hold} times, held ${times[1]} us; ${wait} had to wait, ${times[0]} us`
  })
  return lines.length === 0
    ? []
    : ['Locks, those most waited for first:', ...lines.map((line) => `    ${line}`)]
}

/** The same as text. */
export function reportText({ findings: found, threads, lockStat, suppressed, unseen }: WatchReport): string {
  const left = Object.entries(suppressed).filter(([, times]) => times > 0)
  return [
    ...found.map(({ text }) => `${text}\n`),
    'Threads:',
    ...threads.flatMap(threadLines).map((line) => `    ${line}`),
    ...statLines(lockStat),
    ...left.map(([name, times]) => `Suppressed: ${name}, ${times} times`),
    ...(unseen > 0 ? [`Not seen for lack of room: ${unseen} threads and locks`] : []),
    '',
  ].join('\n')
}
