/**
 * Runs a case: crews for all rows, then rounds in which every row runs once with every number of workers, forwards and
 * backwards in turn (A B C, C B A, …), so that a busy moment of the machine hits all of them. Where workers run alone, new ones
 * take their places now and then.
 */
import type { Case, Measured, Row, Skipped } from './case.ts'
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

/** What the lines of a case are measured with. */
interface Run {
  readonly one: Case
  readonly effort: Effort
  /** Per round. */
  readonly samples: number
  readonly field: Field
  readonly steps: number
  readonly progress: (text: string) => void
  readonly stop: () => boolean
}

/** What has been measured of a row with a number of workers. */
interface Kept extends Pick<Line, 'name' | 'workers' | 'nsPerOp' | 'spread'> {
  readonly row: Row
}

/** As many rounds as samples: a computer that is faster for a moment is that for all rows of a round. */
const finely = ({ rounds, samples }: Effort): Pick<Effort, 'rounds' | 'samples'> => ({
  rounds: rounds * samples,
  samples: 1,
})

const contended = ({ rounds, samples }: Effort): Pick<Effort, 'rounds' | 'samples'> => ({
  rounds: Math.ceil(rounds * CONTENDED_SHARE),
  samples: Math.ceil(samples * CONTENDED_SHARE),
})

/** Runs all rows of a case for each of its worker counts. `progress` and `stop` are called before each round. */
export async function runCase(
  one: Case,
  effort: Effort,
  progress: (text: string) => void,
  stop: () => boolean,
): Promise<CaseResult> {
  const alone = one.workers.every((workers) => workers === 1)
  const { rounds, samples } = alone ? finely(effort) : contended(effort)
  const starts = alone ? Math.min(effort.starts, rounds) : 1
  const field = new Field(one.subject)
  const run: Run = { one, effort, samples, field, steps: calibrate(one.holdNs ?? 0), progress, stop }
  const kept = new Map<string, Kept>()
  for (let start = 0; start < starts && !stop(); start++) {
    const from = Math.round((rounds * start) / starts)
    const to = Math.round((rounds * (start + 1)) / starts)
    try {
      const lines = await startLines(run, kept)
      await measure(run, lines, { from, to, rounds })
    } finally {
      await field.stop()
    }
  }
  const whole = [...kept.values()].filter((line) => field.runs(line) && line.nsPerOp.length > 0)
  return { measured: rowsOf(one, whole), skipped: field.skipped }
}

/** Starts the workers of all rows. What is measured of them is kept with what was measured of those before them. */
async function startLines({ one, effort, field }: Run, kept: Map<string, Kept>): Promise<(Line & Started)[]> {
  const counts = [...new Set(one.workers.map((workers) => Math.min(workers, effort.workers)))]
  const { patienceMs } = effort
  const options = {
    excludes: one.excludes ?? true,
    patienceMs,
    ...(one.bytes !== undefined && { bytes: one.bytes }),
  }
  const lines: (Line & Started)[] = []
  for (const row of one.rows) {
    const started = await field.start(row, Math.max(...counts), options)
    if (started === undefined) continue
    for (const workers of counts) {
      const key = `${one.rows.indexOf(row)} ${workers}`
      const line = kept.get(key) ?? { row, name: started.name, workers, nsPerOp: [], spread: [] }
      kept.set(key, line)
      lines.push({ ...started, ...line, ops: 0 })
    }
  }
  return lines
}

async function measure(
  { one, effort, samples, field, steps, progress, stop }: Run,
  lines: readonly (Line & Started)[],
  { from, to, rounds }: { readonly from: number; readonly to: number; readonly rounds: number },
): Promise<void> {
  for (const line of lines) {
    if (stop()) return
    progress(`${one.subject} warm-up`)
    await field.attempt(line, () => warmUp(line, steps, effort))
  }
  for (let round = from; round < to; round++) {
    // Whole rounds only: a ratio is taken within a round.
    if (stop()) return
    progress(`${one.subject} round ${round + 1} of ${rounds}`)
    for (const line of round % 2 === 0 ? lines : lines.toReversed()) {
      await field.attempt(line, () => sample(line, steps, samples))
    }
  }
}

function rowsOf(one: Case, lines: readonly Kept[]): Measured[] {
  const per = one.opsPerPair ?? 1
  const hold = one.holdNs === undefined ? '' : `,hold=${one.holdNs}ns`
  const rows = lines.map((line) => {
    const { name, workers, nsPerOp, spread } = line
    const baseline = lines.find((other) => other.workers === workers) as Kept
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
const ratio = (line: Kept, to: Kept): number =>
  median(line.nsPerOp.map((ns, round) => ns / (to.nsPerOp[round] as number)))
