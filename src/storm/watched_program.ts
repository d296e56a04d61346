/**
 * A workload's program under detectors, for `--lockdep`, `--lock-stat` and `--hold`. Which program is the query of this
 * module's URL: a worker loads a module by its URL alone.
 */
import { watched } from '../machine/watched.ts'
import type { Program } from '../machine/program.ts'

const module = new URL(import.meta.url).searchParams.get('program') ?? ''
const { program: storm } = (await import(module)) as { program: Program }

export const program = watched(storm)
