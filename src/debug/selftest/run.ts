/**
 * Runs the matrix and prints it as the kernel prints its locking self-test at boot.
 *
 * Rules    checked build only; this thread's arena is replaced by one of the test's own, and no report is kept.
 * Source   lib/locking-selftest.c (form of the table)
 */
import { CHECKED } from '#access'
import { DeadlockError, Oops } from '../../base/kernel_error.ts'
import { createArena } from '../../mem/arena.ts'
import { installObserver, removeObserver } from '../../trace/observers.ts'
import { debug_locks, Lockdep, lockdep_init, lockdep_reset } from '../lockdep/index.ts'
import {
  COLUMNS,
  FIXED,
  SECTIONS,
  type ColumnName,
  type Scenario,
  type Section,
  type Verdict,
} from './cases.ts'
import { TRACED, type Kind, type KindName, type LockKinds } from './kinds.ts'
import { parse, type Action } from './script.ts'

/** One cell of the matrix. */
export interface Cell {
  readonly section: string
  readonly scenario: string
  readonly column: ColumnName
  readonly expected: Verdict
  readonly found: Verdict
}

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
  readonly arenaBytes?: number
}

const RULE = '-'.repeat(80)
const LABEL = 34

/** Runs every cell. */
export function lockingSelftest({ kinds = {}, arenaBytes = 1 << 23 }: SelftestOptions = {}): SelftestResult {
  if (!CHECKED) throw new Error('the locking self-test needs the checked build (--conditions=checked)')
  createArena(arenaBytes, 1)
  lockdep_init({ silent: true })
  const lockdep = new Lockdep({ onReport: 'throw' })
  installObserver(lockdep)
  try {
    const cells = SECTIONS.flatMap((section) => runSection(section, { ...TRACED, ...kinds }))
    const failed = cells.filter(({ expected, found }) => expected !== found).length
    return { cells, passed: cells.length - failed, failed, text: print(cells, failed) }
  } finally {
    removeObserver(lockdep)
  }
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
  const locks = new Map<string, { lock: number; kind: Kind }>()
  try {
    for (const step of parse(script)) {
      const kindName = kindOf(step.class, column)
      const kind = kinds[kindName]
      const known = locks.get(step.lock) ?? { lock: kind.create(`lock_${step.class}`), kind }
      locks.set(step.lock, known)
      kind.run(inColumn(step.action, step.class, column), known.lock, `lock_${step.class}`)
    }
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

function print(cells: readonly Cell[], failed: number): string {
  const lines = ['-'.repeat(24)]
  for (const section of SECTIONS) {
    lines.push(`| ${section.title}`, RULE)
    lines.push(`${' '.repeat(LABEL - 1)}|${section.columns.map(head).join('|')}|`, `  ${RULE.slice(2)}`)
    for (const scenario of section.scenarios) {
      const row = section.columns.map((column) => mark(cells, section, scenario, column))
      lines.push(`${scenario.title.padStart(LABEL - 1)}:${row.join('|')}|`)
    }
    lines.push(`  ${RULE.slice(2)}`)
  }
  const total =
    failed === 0
      ? `Good, all ${cells.length} testcases passed! |`
      : `BUG: ${failed} unexpected failures (out of ${cells.length}) - debugging disabled! |`
  return [...lines, '-'.repeat(total.length), total, '-'.repeat(total.length)].join('\n')
}

function head(column: ColumnName): string {
  const { title } = COLUMNS[column]
  return title.length === 4 ? ` ${title} ` : `${title} `
}

function mark(cells: readonly Cell[], section: Section, { title }: Scenario, column: ColumnName): string {
  const cell = cells.find(
    (one) => one.section === section.title && one.scenario === title && one.column === column,
  )
  if (cell === undefined) return '      '
  return cell.expected === cell.found ? '  ok  ' : 'FAILED'
}
