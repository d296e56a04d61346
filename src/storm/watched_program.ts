/**
 * A workload's program under detectors, for `--lockdep`, `--lock-stat` and `--hold`. Which program is the query of this
 * module's URL: a worker loads a module by its URL alone.
 */
import { loadProgram, type Program } from '../machine/program.ts'
import { watched } from '../machine/watched.ts'

export async function programOf(query: URLSearchParams): Promise<Program> {
  return watched(await loadProgram(query.get('program') ?? ''))
}
