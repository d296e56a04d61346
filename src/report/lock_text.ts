/**
 * What lockdep and lock_stat say, each under the name of its machine.
 */
import type { LockClassStat, LockModeStat, LockReport, LockStatTable, LockTimes } from '../results/locks.ts'
import type { Block } from './page.ts'
import type { Table } from './table.ts'

/** Columns of /proc/lock_stat, as the kernel names them. */
const HEAD = [
  'class name',
  'con-bounces',
  'contentions',
  'waittime-min',
  'waittime-max',
  'waittime-total',
  'waittime-avg',
  'acq-bounces',
  'acquisitions',
  'holdtime-min',
  'holdtime-max',
  'holdtime-total',
  'holdtime-avg',
]
const DROP = [
  'con-bounces',
  'acq-bounces',
  'waittime-min',
  'holdtime-min',
  'waittime-max',
  'waittime-avg',
  'holdtime-total',
  'holdtime-max',
]

function times({ nr, min, max, total }: LockTimes): string[] {
  const us = (ns: number): string => (ns / 1000).toFixed(2)
  return [String(nr), us(min), us(max), us(total), us(nr === 0 ? 0 : total / nr)]
}

function row(name: string, { conBounces, acqBounces, wait, hold }: LockModeStat): string[] {
  return [name, String(conBounces), ...times(wait), String(acqBounces), ...times(hold)]
}

function classRows({ name, write, read }: LockClassStat): string[][] {
  const wrote = write.hold.nr > 0
  const both = wrote && read.hold.nr > 0
  return [
    ...(wrote ? [row(both ? `${name}-W` : name, write)] : []),
    ...(read.hold.nr > 0 ? [row(`${name}-R`, read)] : []),
  ]
}

function places(rows: readonly LockClassStat[]): Table[] {
  const all = rows.flatMap(({ name, contentionPoints, contendingPoints }) => [
    ...contentionPoints.map(({ symbol, count }) => [name, 'waited', String(count), symbol]),
    ...contendingPoints.map(({ symbol, count }) => [name, 'was waited for', String(count), symbol]),
  ])
  const head = ['class name', 'who', 'times', 'where']
  return all.length === 0 ? [] : [{ head, rows: all, left: 2, wrap: ['where'] }]
}

/** The table of /proc/lock_stat, times in microseconds, and the places where tasks waited. */
export function lockStatTables(rows: readonly LockClassStat[]): Block[] {
  const more = places(rows)
  return [
    'lock_stat version 0.4 (times in microseconds)',
    { head: HEAD, rows: rows.flatMap(classRows), drop: DROP },
    ...(more.length > 0 ? ['', ...more] : []),
  ]
}

/** Reports, then tables; nothing for neither. */
export function lockText(
  reports: readonly LockReport[] = [],
  tables: readonly LockStatTable[] = [],
): Block[] {
  return [
    ...reports.flatMap(({ machine, text }) => ['', `${machine}:`, text.trim(), '']),
    ...tables.flatMap(({ machine, rows }) => ['', `${machine}:`, ...lockStatTables(rows), '']),
  ]
}
