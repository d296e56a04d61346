/**
 * The storm's program under detectors, for `--lockdep` and `--lock-stat`.
 */
import { watched } from '../machine/watched.ts'
import { program as storm } from './program.ts'

export const program = watched(storm)
