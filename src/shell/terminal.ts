/**
 * What a shell prints to, and what else it needs of the command line around it.
 */
import type { Block } from '../report/page.ts'

/** What a shell needs of whoever shows it. */
export interface Terminal {
  /** Text as a job prints it. */
  readonly out: (text: string) => void
  /** Tables and lines, fitted to the page. */
  readonly show: (...blocks: readonly Block[]) => void
  readonly err: (line: string) => void
  /** True: a person sits there, and what jobs in the background print is shown as it comes. */
  readonly live: boolean
  /** Runs another command of lockstorm; its exit code. */
  readonly lockstorm: (words: readonly string[]) => Promise<number>
  /** Names of those commands. */
  readonly commands: readonly string[]
}
