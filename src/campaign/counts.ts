/**
 * What commands did, in numbers that can be added up, and what follows of all pieces of one together.
 */
import type { FuzzReport } from '../explore/fuzz.ts'
import type { Verdict } from '../explore/verdict.ts'
import { counted } from '../base/plural.ts'
import type { UnitResult } from '../results/campaign.ts'

export type Counts = Readonly<Record<string, number>>

interface Result {
  readonly schema?: string
  readonly result?: unknown
  readonly results?: readonly { readonly rounds?: number; readonly totals?: Record<string, number> }[]
}

/** Numbers of one result. */
export function countsOf({ result }: UnitResult): Counts {
  const { schema = '', result: inner, results = [] } = (result ?? {}) as Result
  if (schema === 'lockstorm/explore-fuzz@1') {
    const { agree, skipped, mismatches } = inner as FuzzReport
    return { programs: agree + skipped + mismatches.length, skipped }
  }
  if (schema === 'lockstorm/explore-run@1' || schema === 'lockstorm/explore-matrix@1') {
    const verdicts = inner as Verdict[]
    const coverage = verdicts.flatMap((verdict) => verdict.coverage)
    return { executions: coverage.reduce((sum, { executions }) => sum + executions, 0) }
  }
  if (schema === 'lockstorm/litmus@1') {
    return { rounds: results.reduce((sum, { rounds = 0 }) => sum + rounds, 0) }
  }
  return {}
}

/** Adds numbers up, each under its name. */
export function total(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {}
  for (const [name, n] of all.flatMap((one) => Object.entries(one))) sum[name] = (sum[name] ?? 0) + n
  return sum
}

const PART = /^(.*), part (\d+)\/(\d+)$/

/** A tree of which every part has been seen whole has been seen whole: one sentence for each that was cut. */
export function wholes(results: readonly UnitResult[]): string[] {
  const trees = new Map<string, { seen: Set<number>; of: number; executions: number }>()
  for (const { result } of results) {
    const { schema, result: verdicts } = (result ?? {}) as Result
    if (schema !== 'lockstorm/explore-run@1') continue
    for (const { model, coverage } of verdicts as Verdict[]) {
      for (const { search, exhausted, executions } of coverage) {
        const [, name = '', part, of] = PART.exec(search) ?? []
        if (part === undefined) continue
        const key = `${model}: ${name}`
        const tree = trees.get(key) ?? { seen: new Set(), of: Number(of), executions: 0 }
        if (exhausted) tree.seen.add(Number(part))
        tree.executions += executions
        trees.set(key, tree)
      }
    }
  }
  return [...trees].map(([key, { seen, of, executions }]) => {
    const done = counted(executions, 'execution')
    if (seen.size === of) return `${key}: exhausted in ${of} parts, ${done}`
    return `${key}: ${seen.size} of ${of} parts exhausted, ${done}`
  })
}
