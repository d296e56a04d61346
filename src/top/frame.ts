/**
 * One picture of a run, as blocks of a page.
 */
import type { Block } from '../report/page.ts'
import type { Table } from '../report/table.ts'
import type { SeenRun } from './serve.ts'
import { chosen, mainMachine, type Choice, type LockRow, type MachineHistory, type TaskRow } from './state.ts'

const cpus = (list: readonly number[]): string => list.join(' ')

/** Longest text of what a task does. */
const MOST_DOING = 36

/** The end of a long text says more than its beginning. */
function short(text: string): string {
  return text.length <= MOST_DOING ? text : `…${text.slice(1 - MOST_DOING)}`
}

function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : value > 0 ? `${Math.round(value)} ms` : ''
}

function taskRow({ cpu, state, doing, waits, owners, where, rate, waitedMs }: TaskRow): string[] {
  return [
    String(cpu),
    state,
    short(doing),
    waits,
    cpus(owners),
    ms(waitedMs),
    where,
    rate === undefined ? '' : rate.toFixed(0),
  ]
}

function taskTable(rows: readonly TaskRow[]): Table {
  return {
    head: ['CPU', 'S', 'operation', 'waits for', 'held by', 'for', 'in', 'ops/s'],
    rows: rows.map(taskRow),
    left: 7,
    wrap: ['waits for'],
    drop: ['in', 'ops/s', 'for'],
  }
}

function lockTable(locks: readonly LockRow[]): Table {
  const rows = locks
    .toSorted((a, b) => b.waitedMs - a.waitedMs || b.waiters.length - a.waiters.length)
    .map(({ name, holders, waiters, waitedMs }) => [name, cpus(holders), cpus(waiters), ms(waitedMs)])
  return {
    head: ['lock', 'held by', 'waited for by', 'waited in all'],
    rows,
    left: 3,
    drop: ['waited in all'],
  }
}

/** `storm --rounds 5, process 1234, 12 s; machine global, 1 of 9; 3 creates in flight, 2 waiting`. */
function headLine(run: SeenRun): string {
  const machine = mainMachine(run)
  const line = [run.command, ...run.words].join(' ')
  const head = `${line.length > 60 ? `${line.slice(0, 57)}…` : line}: process ${run.pid}, ${run.seconds.toFixed(0)} s`
  if (machine === undefined) return `${head}; no machine now`
  const waiting = machine.tasks.filter(({ waits }) => waits !== '').length
  const many = run.machines.length > 1 ? ` (one of ${run.machines.length})` : ''
  return `${head}; machine ${machine.name}${many}; creates in flight: ${machine.creates}; waiting: ${waiting} of ${machine.tasks.length}`
}

/** What stands on the page. The history is that of this run's machine of that name. */
export function frame(run: SeenRun, history: MachineHistory, choice: Choice, now: number): Block[] {
  const machine = mainMachine(run)
  if (machine === undefined) return [headLine(run)]
  const { tasks, locks } = history.take(machine, now)
  const rows = chosen(tasks, choice)
  return [
    headLine(run),
    '',
    ...(rows.length > 0 ? [taskTable(rows)] : ['No task is to be shown.']),
    ...(locks.length > 0 ? ['', lockTable(locks)] : []),
  ]
}
