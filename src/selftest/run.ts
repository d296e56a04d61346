/**
 * Runs the matrix and prints it as the kernel prints its locking self-test at boot.
 *
 * Rules    checked build only; this thread's arena is replaced by one of the test's own, and no report is kept.
 * Source   lib/locking-selftest.c (form of the table)
 */
import { CHECKED } from '#access'
import { Oops } from '../base/kernel_error.ts'
import { DeadlockError } from '../base/sync_error.ts'
import { createArena } from '../mem/arena.ts'
import { installObserver, removeObserver } from '../trace/observers.ts'
import { debug_locks, Lockdep, lockdep_init, lockdep_reset } from '../debug/lockdep/index.ts'
import {
  COLUMNS,
  FIXED,
  SECTIONS,
  type Cell,
  type ColumnName,
  type ExtraSection,
  type Scenario,
  type Section,
  type Verdict,
} from './cases.ts'
import { selftestText } from './print.ts'
import { play, TRACED, type KindName, type LockKinds } from './kinds.ts'
import type { Action } from './script.ts'

/** What the self-test found. */
export interface SelftestResult {
  readonly cells: readonly Cell[]
  readonly passed: number
  readonly failed: number
  /** The grid and the total. */
  readonly text: string
}

/** Choices of a run. */
export interface SelftestOptions {
  /** Real locks in place of tracepoints, as far as given. */
  readonly kinds?: Partial<LockKinds>
  /** Rows of other cases, behind the matrix. */
  readonly extra?: readonly ExtraSection[]
  readonly arenaBytes?: number
}

/** Runs every cell. */
export function lockingSelftest(options: SelftestOptions = {}): SelftestResult {
  const { kinds = {}, extra = [], arenaBytes = 1 << 23 } = options
  if (!CHECKED) throw new Error('the locking self-test needs the checked build (--conditions=checked)')
  createArena(arenaBytes, 2)
  lockdep_init({ silent: true })
  const lockdep = new Lockdep({ onReport: 'throw' })
  installObserver(lockdep)
  try {
    const matrix = SECTIONS.flatMap((section) => runSection(section, { ...TRACED, ...kinds }))
    const cells = [...matrix, ...extra.flatMap(runExtra)]
    const failed = cells.filter(({ expected, found }) => expected !== found).length
    return { cells, passed: cells.length - failed, failed, text: selftestText(cells, extra) }
  } finally {
    removeObserver(lockdep)
  }
}

function runExtra({ title: section, rows }: ExtraSection): Cell[] {
  return rows.flatMap(({ title: scenario, cases }) =>
    cases.map(({ expect: expected, run }, i): Cell => {
      lockdep_reset()
      let found: Verdict = 'silent'
      try {
        run()
      } catch (error) {
        if (!(error instanceof DeadlockError || error instanceof Oops)) throw error
        found = 'report'
      }
      return { section, scenario, column: `#${i + 1}`, expected, found: debug_locks() ? found : 'report' }
    }),
  )
}

function runSection(section: Section, kinds: LockKinds): Cell[] {
  return section.scenarios.flatMap((scenario) =>
    section.columns.flatMap((column) => {
      const expected = scenario.expect[column]
      if (expected === undefined) return []
      const found = runCell(scenario, column, kinds)
      return { section: section.title, scenario: scenario.title, column, expected, found }
    }),
  )
}

function runCell({ script }: Scenario, column: ColumnName, kinds: LockKinds): Verdict {
  lockdep_reset()
  try {
    play(script, ({ action, class: cls }) => ({
      kind: kinds[kindOf(cls, column)],
      action: inColumn(action, cls, column),
    }))
  } catch (error) {
    // A report stops the cell before its lock would be taken; real locks also complain about a bad unlock by themselves.
    if (!(error instanceof DeadlockError || error instanceof Oops)) throw error
  }
  return debug_locks() ? 'silent' : 'report'
}

function kindOf(cls: string, column: ColumnName): KindName {
  return FIXED[cls] ?? (cls === 'Y' ? COLUMNS[column].plain : COLUMNS[column].kind)
}

function inColumn(action: Action, cls: string, column: ColumnName): Action {
  if (cls === 'Y' || !('reads' in COLUMNS[column])) return action
  return action === 'lock' ? 'read' : action === 'unlock' ? 'read unlock' : action
}
