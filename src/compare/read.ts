/**
 * Files of results as runs. One file may hold several.
 */
import { readResult } from '../results/io.ts'
import { asStormRuns } from '../results/storm_read.ts'
import { otherRun } from './read_others.ts'
import { stormRun } from './read_storm.ts'
import type { Run } from './run.ts'

/** Files cannot be compared; the message says which and why. */
export class NotComparable extends Error {
  override readonly name: string = 'NotComparable'
  readonly code = 'not-comparable'
}

function resultOf(file: string): { readonly schema: string; readonly interrupted?: true } {
  try {
    return readResult(file)
  } catch (error) {
    throw new NotComparable((error as Error).message)
  }
}

/**
 * The runs of a file.
 * @param named baseline that is wanted; undefined: the one that the run was made with
 * @throws NotComparable
 */
export function runsOf(file: string, named?: string): readonly Run[] {
  const result = resultOf(file)
  const storms = asStormRuns(result)
  const isOld = result.schema.endsWith('storm@1')
  const other = storms === undefined ? otherRun(file, result, named) : undefined
  const runs = storms?.map((run) => stormRun(file, run, isOld, named)) ?? (other === undefined ? [] : [other])
  if (runs.length === 0) throw new NotComparable(`${file} is ${result.schema}, of which nothing is compared`)
  const without = runs.find(({ baselines }) => named !== undefined && !baselines.includes(named))
  if (without !== undefined) {
    const has = without.baselines.length === 0 ? 'no figures' : without.baselines.join(', ')
    throw new NotComparable(`--baseline ${named}: ${file} has ${has}`)
  }
  const cut = result.interrupted === true ? ['it was interrupted'] : []
  return runs.map((run) => ({ ...run, notes: [...cut, ...run.notes] }))
}
