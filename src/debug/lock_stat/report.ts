/**
 * /proc/lock_stat: the counters summed over CPUs, as data and as the kernel's table.
 *
 * Source   kernel/locking/lockdep_proc.c (form; recorded transcripts)
 */
import { raw_attach, raw_read, raw_read_f64 } from '../../mem/raw.ts'
import { CLASS, classAt, classCount, className } from '../lock_class.ts'
import { frameText } from '../stack.ts'
import { frameById } from '../stack_depot.ts'
import * as g from './globals.ts'

/** Times in nanoseconds. */
export interface LockTime {
  readonly nr: number
  readonly min: number
  readonly max: number
  readonly total: number
}

/** One mode of one class. */
export interface LockStatMode {
  readonly conBounces: number
  readonly acqBounces: number
  /** nr: contentions. */
  readonly wait: LockTime
  /** nr: acquisitions. */
  readonly hold: LockTime
}

/** A place and how often. */
export interface LockPoint {
  readonly symbol: string
  readonly count: number
}

/** One class. */
export interface LockStatRow {
  readonly name: string
  readonly write: LockStatMode
  readonly read: LockStatMode
  /** Where tasks waited. */
  readonly contentionPoints: readonly LockPoint[]
  /** Where tasks held what others waited for. */
  readonly contendingPoints: readonly LockPoint[]
}

const WIDTH = 40 + 1 + 12 * (14 + 1)
const COLUMNS = [
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

/** Counters of all classes that were used, most contended first. `view`: the arena, if this thread is not attached to it. */
export function lockStats(view?: Int32Array): LockStatRow[] {
  raw_attach(view)
  const globals = g.lock_stat_root()
  if (globals === 0) return []
  const classes = Math.min(classCount(), raw_read(globals + g.LS.classes))
  return Array.from({ length: classes }, (_, i) => rowOf(globals, i + 1))
    .filter(({ write, read }) => write.hold.nr + read.hold.nr + contentions({ write, read }) > 0)
    .toSorted((a, b) => contentions(b) - contentions(a))
}

function contentions({ write, read }: Pick<LockStatRow, 'write' | 'read'>): number {
  return write.wait.nr + read.wait.nr
}

function rowOf(globals: number, cls: number): LockStatRow {
  const stats = Array.from({ length: raw_read(globals + g.LS.cpus) }, (_, cpu) => g.statOf(globals, cpu, cls))
  const sum = (offset: number): number => stats.reduce((total, at) => total + raw_read(at + offset), 0)
  const mode = (i: number): LockStatMode => ({
    conBounces: sum(g.CON_BOUNCES + i),
    acqBounces: sum(g.ACQ_BOUNCES + i),
    wait: timeOf(stats, g.WAIT_TIME + i * g.TIME_WORDS),
    hold: timeOf(stats, g.HOLD_TIME + i * g.TIME_WORDS),
  })
  const points = (table: number, counts: number): LockPoint[] =>
    Array.from({ length: g.POINTS }, (_, i) => {
      const frame = frameById(raw_read(classAt(cls) + table + i))
      return { symbol: frame === undefined ? '' : frameText(frame), count: sum(counts + i) }
    }).filter(({ count }) => count > 0)
  return {
    name: className(cls),
    write: mode(0),
    read: mode(1),
    contentionPoints: points(CLASS.contention_point, g.CONTENTION_COUNT),
    contendingPoints: points(CLASS.contending_point, g.CONTENDING_COUNT),
  }
}

function timeOf(stats: readonly number[], offset: number): LockTime {
  const used = stats.map((at) => at + offset).filter((at) => raw_read(at + g.T_NR) > 0)
  const all = (field: number): number[] => used.map((at) => raw_read_f64(at + field))
  return {
    nr: used.reduce((total, at) => total + raw_read(at + g.T_NR), 0),
    min: used.length === 0 ? 0 : Math.min(...all(g.T_MIN)),
    max: Math.max(0, ...all(g.T_MAX)),
    total: all(g.T_TOTAL).reduce((total, ns) => total + ns, 0),
  }
}

/** The table as /proc/lock_stat prints it. */
export function lockStatText(rows: readonly LockStatRow[]): string {
  return [
    'lock_stat version 0.4',
    '-'.repeat(WIDTH),
    `${'class name'.padStart(40)} ${COLUMNS.map((title) => title.padStart(14)).join(' ')}`,
    '-'.repeat(WIDTH),
    '',
    ...rows.flatMap(rowLines),
  ].join('\n')
}

function rowLines(row: LockStatRow): string[] {
  const name = row.name.slice(0, 38)
  const both = row.write.hold.nr > 0 && row.read.hold.nr > 0
  const lines: string[] = []
  if (row.write.hold.nr > 0) lines.push(modeLine(both ? `${name}-W` : name, row.write))
  if (row.read.hold.nr > 0) lines.push(modeLine(`${name}-R`, row.read))
  if (contentions(row) === 0) return lines
  const rule = '-'.repeat(name.length + (row.read.hold.nr > 0 ? 2 : 0)).padStart(40)
  for (const points of [row.contentionPoints, row.contendingPoints]) {
    if (points.length > 0) lines.push(rule, ...points.map((point) => pointLine(name, point)))
  }
  return [...lines, '', '.'.repeat(WIDTH), '']
}

function modeLine(name: string, { conBounces, acqBounces, wait, hold }: LockStatMode): string {
  const cells = [String(conBounces), ...timeCells(wait), String(acqBounces), ...timeCells(hold)]
  return `${name.padStart(40)}:${cells.map((cell) => cell.padStart(14)).join(' ')}`
}

function timeCells({ nr, min, max, total }: LockTime): string[] {
  const us = (ns: number): string => (ns / 1000).toFixed(2)
  return [String(nr), us(min), us(max), us(total), us(nr === 0 ? 0 : total / nr)]
}

function pointLine(name: string, { symbol, count }: LockPoint): string {
  return `${name.padStart(40)} ${String(count).padStart(14)} ${'[<(____ptrval____)>]'.padStart(29)} ${symbol}`
}
