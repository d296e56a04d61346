/**
 * How many executions per second the explorer does, on one core and on several.
 */
import { loadavg } from 'node:os'
import { Crew } from './crew.ts'
import { modelNamed } from '../models/named.ts'
import { exploreOn } from './parallel.ts'
import { PHASES } from './searches/phase.ts'

/** One rate. */
export interface Rate {
  readonly model: string
  readonly search: (typeof PHASES)[number]
  readonly cpus: number
  /** Mean steps of an execution. */
  readonly steps: number
  readonly cores: number
  readonly perSecond: number
  /** Per second of processor time: what it would be on a machine with nothing else to do. */
  readonly perCpuSecond: number
  /** Load average of the last minute when it was measured. */
  readonly load: number
}

const CASES = [
  ['toy-srcu', 'pct'],
  ['toy-srcu', 'pos'],
  ['mutex', 'pos'],
  ['mutex-3', 'pct'],
  ['mutex-3', 'pos'],
  ['mutex-3', 'dpor'],
] as const

async function measure(crew: Crew, [model, search]: (typeof CASES)[number], ms: number): Promise<Rate> {
  const one = await modelNamed(model)
  // The first run is for the compiler.
  await exploreOn(crew, one, { search, ms: ms / 2, executions: Infinity })
  const before = process.cpuUsage()
  const { coverage } = await exploreOn(crew, one, { search, ms, executions: Infinity })
  const [{ executions, steps, ms: took }] = coverage as [(typeof coverage)[number]]
  const { user, system } = process.cpuUsage(before)
  return {
    model,
    search,
    cpus: one.cpus.length,
    steps: steps / executions,
    cores: crew.cores,
    perSecond: Math.round((executions * 1000) / took),
    perCpuSecond: Math.round((executions * 1e6) / (user + system)),
    load: loadavg()[0] ?? 0,
  }
}

/** Measures every case on one core and on `cores`, for `ms` each, until `stop` says otherwise. */
export async function measureRates(
  cores: number,
  ms: number,
  onProgress: (text: string) => void,
  stop: () => boolean = () => false,
): Promise<Rate[]> {
  const rates: Rate[] = []
  for (const one of CASES) {
    for (const n of cores > 1 ? [1, cores] : [1]) {
      if (stop()) return rates
      onProgress(`${one.join(' ')} on ${n} ${n === 1 ? 'core' : 'cores'}`)
      await using crew = new Crew(n)
      rates.push(await measure(crew, one, ms))
    }
  }
  return rates
}
