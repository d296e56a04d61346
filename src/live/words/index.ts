import { CHARDEV_WORDS } from './chardev.ts'
import { FILE_WORDS } from './files.ts'
import { MACHINE_WORDS } from './machine.ts'
import type { LiveWord } from './word.ts'

/** All words that run on a CPU, by name. */
export const LIVE_WORDS: Readonly<Record<string, LiveWord>> = {
  ...FILE_WORDS,
  ...CHARDEV_WORDS,
  ...MACHINE_WORDS,
}
/** Names of what a task may do, by task_struct.op; 0 idle. */
export const OPERATIONS: readonly string[] = ['idle', 'serve', ...Object.keys(LIVE_WORDS)]

export { WordError, type Call, type LiveFile, type LiveWord } from './word.ts'
