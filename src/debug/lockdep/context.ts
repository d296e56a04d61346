/**
 * What a check knows of its surroundings: the tables, the running task, and its stack, captured when somebody asks.
 */
import { raw_fetch_add, raw_store } from '../../mem/raw.ts'
import { callTrace, IDENT } from '../format.ts'
import { publish } from '../findings.ts'
import { frameText, type Frame } from '../stack.ts'
import { FLAG_SILENT, hasFlag, LD } from './globals.ts'

/** Surroundings of one event. */
export interface Context {
  readonly globals: number
  readonly cpu: number
  /** Record of the task's held locks. */
  readonly task: number
  /** Functions that are running, innermost first. */
  stack(): readonly Frame[]
  /** Writes down where the task took what it holds, before somebody reads it. */
  flush(): void
}

/** `stack backtrace:` and the stack. */
export function backtrace(context: Context): string[] {
  return ['', 'stack backtrace:', ...callTrace(context.cpu, context.stack().map(frameText))]
}

/** Title of a report between its rules. */
export function header(title: string, prefix = 'WARNING: '): string[] {
  const text = `${prefix}${title}`
  const rule = (char: string): string => char.repeat(text.length)
  return ['', rule('='), text, IDENT, rule('-')]
}

/**
 * Takes the right to report: the last one turns lockdep off, and later ones are refused.
 * @returns false if no more reports may be made
 */
export function debug_locks_off(globals: number): boolean {
  const left = raw_fetch_add(globals + LD.reports_left, -1)
  if (left <= 1) raw_store(globals + LD.debug_locks, 0)
  if (left <= 0) return false
  raw_fetch_add(globals + LD.reports, 1)
  return true
}

/** Keeps a report, unless the self-test runs. */
export function keep(
  context: Context,
  title: string,
  text: readonly string[],
  data: Readonly<Record<string, unknown>>,
): void {
  if (hasFlag(context.globals, FLAG_SILENT)) return
  publish({ detector: 'lockdep', title, cpu: context.cpu, text: text.join('\n'), data })
}
