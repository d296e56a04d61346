/**
 * /proc/lock_stat: the counters summed over CPUs, as data.
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
