/** Starts the workers of a row, or says why it cannot run here. */
import type { Row, Skipped } from './case.ts'
import type { Contender } from './contender.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { work } from './loop.ts'
import type { Rounds } from './rounds.ts'

/** Steps of `work` that take that long here. */
export function calibrate(holdNs: number): number {
  if (holdNs === 0) return 0
  const view = new Int32Array(2048)
  const steps = 1_000_000
  work(view, steps)
  const times = Array.from({ length: 5 }, () => {
    const start = process.hrtime.bigint()
    work(view, steps)
    return Number(process.hrtime.bigint() - start) / steps
  })
  return Math.max(1, Math.round(holdNs / Math.min(...times)))
}

/** Starts up to `workers` workers of a row. */
export async function startRow(
  row: Row,
  workers: number,
  options: CrewOptions,
): Promise<{ name: string; crew: Rounds } | Skipped> {
  const { contender } = (await import(`./adapters/${row.adapter}.js`)) as { contender: Contender }
  const name = row.label ?? contender.name
  const reason = await contender.unavailable()
  if (reason !== '') return { contender: name, reason }
  const shared = contender.share?.()
  const crew =
    (await contender.crew?.()) ??
    (await Crew.start(row.adapter, row.variant, workers, { ...options, shared }))
  return { name, crew }
}
