/**
 * Runs a case: crews for all rows, then rounds in which every row runs once with every number of workers, forwards and
 * backwards in turn (A B C, C B A, …), so that a busy moment of the machine hits all of them.
 */
import type { Case, Measured, Skipped } from './case.ts'
import { sample, warmUp, type Effort, type Line } from './sampling.ts'
import { calibrate } from './calibrate.ts'
import { Field, type Started } from './field.ts'
import { mad, median } from './stats.ts'

/** Outcome of a case. */
export interface CaseResult {
  readonly measured: Measured[]
  readonly skipped: Skipped[]
}

/** Share of the rounds and samples that a case with several workers gets. */
const CONTENDED_SHARE = 0.6

/** Runs all rows of a case for each of its worker counts. `progress` and `stop` are called before each round. */
export async function runCase(
  one: Case,
  effort: Effort,
  progress: (text: string) => void,
  stop: () => boolean,
): Promise<CaseResult> {
  const counts = [...new Set(one.workers.map((workers) => Math.min(workers, effort.workers)))]
  const { patienceMs } = effort
  const options = {
    excludes: one.excludes ?? true,
    patienceMs,
    ...(one.bytes !== undefined && { bytes: one.bytes }),
  }
  const field = new Field(one.subject)
  try {
    const lines: (Line & Started)[] = []
    for (const row of one.rows) {
      const started = await field.start(row, Math.max(...counts), options)
      if (started === undefined) continue
      for (const workers of counts) lines.push({ ...started, workers, ops: 0, nsPerOp: [], spread: [] })
    }
    await measure(one, lines, field, effort, progress, stop)
    const whole = lines.filter((line) => field.runs(line) && line.nsPerOp.length > 0)
    return { measured: rowsOf(one, whole), skipped: field.skipped }
  } finally {
    await field.stop()
  }
}

async function measure(
  one: Case,
  lines: readonly (Line & Started)[],
  field: Field,
  effort: Effort,
  progress: (text: string) => void,
  stop: () => boolean,
): Promise<void> {
  const steps = calibrate(one.holdNs ?? 0)
  for (const line of lines) {
    if (stop()) return
    progress(`${one.subject} warm-up`)
    await field.attempt(line, () => warmUp(line, steps, effort))
  }
  const share = lines.some(({ workers }) => workers > 1) ? CONTENDED_SHARE : 1
  const rounds = Math.ceil(effort.rounds * share)
  for (let round = 0; round < rounds; round++) {
    // Whole rounds only: a ratio is taken within a round.
    if (stop()) return
    progress(`${one.subject} round ${round + 1} of ${rounds}`)
    for (const line of round % 2 === 0 ? lines : lines.toReversed()) {
      await field.attempt(line, () => sample(line, steps, Math.ceil(effort.samples * share)))
    }
  }
}

function rowsOf(one: Case, lines: readonly Line[]): Measured[] {
  const per = one.opsPerPair ?? 1
  const hold = one.holdNs === undefined ? '' : `,hold=${one.holdNs}ns`
  const rows = lines.map((line) => {
    const { name, workers, nsPerOp, spread } = line
    const baseline = lines.find((other) => other.workers === workers) as Line
    const fewest = lines.find((other) => other.name === name && other.workers > 1)
    return {
      id: `${one.subject}/w=${workers}${hold}`,
      contender: name,
      workers,
      nsPerOp: median(nsPerOp) / per,
      madNs: mad(nsPerOp) / per,
      samples: nsPerOp.map((ns) => ns / per),
      ratio: ratio(line, baseline),
      ...(fewest !== undefined && fewest !== line && workers > 1 && { toFewest: ratio(line, fewest) }),
      spread: median(spread),
      rounds: nsPerOp.length,
    }
  })
  return rows.toSorted((a, b) => a.workers - b.workers)
}

/** Median over rounds of the round's own ratio. */
const ratio = (line: Line, to: Line): number =>
  median(line.nsPerOp.map((ns, round) => ns / (to.nsPerOp[round] as number)))
