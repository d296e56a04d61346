/**
 * The question of May 2018, answered with the figures of a run: does a lock that is held across create and remove
 * serialise 128 devices on 8 GPUs, and when does that matter?
 */
import { counted } from '../base/plural.ts'
import { overRounds } from '../results/same_rounds.ts'
import { FLOOR, type Interval, type StormResult, type StormRun } from '../results/storm.ts'
import { digits } from './text.ts'

/** What the question is about: one lock across all of the work; and one across that of a parent, which is no answer to it. */
const HELD = 'global'
const HELD_IN_PART = 'per-parent'
/** From here on a factor counts as a difference, if its interval holds no 1. */
const CLEAR = 1.2
/** An interval of less says nothing. */
const CONFIDENCE = 0.95
/** Rounds from which on there is one. */
const FEWEST_ROUNDS = 6

interface Pair {
  readonly vendor: string
  readonly global: StormResult
  readonly other: StormResult
  /** Wall time of global over the other's, and what it takes longer, milliseconds: of the same rounds. */
  readonly factor: Interval
  readonly longerMs: Interval
}

/** Two or three sentences; one that says why not, if the run cannot answer. */
export function stormAnswer(run: StormRun): string {
  const pairs = comparisons(run)
  if (pairs.length === 0) {
    const why =
      "Does a global lock serialise creates? Run 'global' beside 'placeholder' to see it in figures."
    return run.plan.duplicates > 0 ? `${duplicates(run)} ${why}` : why
  }
  const told = pairs.filter(({ factor }) => factor.confidence >= CONFIDENCE)
  if (told.length === 0) return `${tooFew(pairs)} ${duplicates(run)}`
  const worst = told.reduce((a, b) => (b.factor.median > a.factor.median ? b : a))
  return [serialises(run, worst), depends(told, worst), steadiness(told), duplicates(run)]
    .filter((text) => text !== '')
    .join(' ')
}

/** global against the first strategy that holds no lock across the work, per vendor cost, on the most CPUs. */
function comparisons({ plan, results }: StormRun): Pair[] {
  const cpus = Math.max(...plan.cpus)
  return plan.vendors.flatMap(({ label }) => {
    const rows = results.filter((row) => row.vendor === label && row.cpus === cpus && row.wallMs.median > 0)
    const global = rows.find((row) => row.strategy === HELD)
    const other = rows.find(
      ({ strategy }) => strategy !== HELD && strategy !== HELD_IN_PART && strategy !== FLOOR,
    )
    if (global === undefined || other === undefined) return []
    const factor = overRounds(global, other, (a, b) => a / b)
    const longerMs = overRounds(global, other, (a, b) => a - b)
    return factor === null || longerMs === null ? [] : [{ vendor: label, global, other, factor, longerMs }]
  })
}

function tooFew(pairs: readonly Pair[]): string {
  const rounds = Math.max(...pairs.map(({ global }) => global.rounds.length))
  return (
    `Does a global lock serialise creates? ${counted(rounds, 'round')} cannot say: from ${FEWEST_ROUNDS} on a median has an ` +
    'interval of 95 %, and nothing is said here that none carries.'
  )
}

/** A figure with its interval. */
export const between = ({ median, low, high }: Interval, text: (value: number) => string): string =>
  `${text(median)} (${text(low)} to ${text(high)})`

function serialises({ plan, env }: StormRun, { vendor, global, other, factor }: Pair): string {
  const devices = plan.parents * plan.devices
  const times = `${digits(global.wallMs.median)} ms against ${digits(other.wallMs.median)} ms`
  const flights = `at most ${global.inFlight.max} create in flight against ${other.inFlight.max}`
  if (factor.median < CLEAR || factor.low <= 1) {
    return (
      `Whether holding mdev_list_lock across create and remove makes a difference to ${devices} devices here cannot be told: ` +
      `${times} under '${other.strategy}', ${between(factor, digits)} times as long in the same round (vendor ${vendor}, ` +
      `${global.cpus} CPUs on ${env.cores} cores, ${flights}).`
    )
  }
  return (
    `Holding mdev_list_lock across create and remove does serialise them: with vendor ${vendor} and ` +
    `${global.cpus} CPUs, 'global' took ${times} for '${other.strategy}' to create and remove ${devices} devices, ` +
    `${between(factor, digits)} times as long in the same round, with ${flights}${floorText(global, other)}.`
  )
}

/** How far both are from the same operations with no kernel between. */
function floorText(global: StormResult, other: StormResult): string {
  if (global.ofFloor === null || other.ofFloor === null) return ''
  const share = (of: Interval): string => between(of, (value) => value.toFixed(2))
  return (
    `; of the pace of the same operations with no kernel between, '${other.strategy}' keeps ${share(other.ofFloor)}, ` +
    `'global' ${share(global.ofFloor)}`
  )
}

function depends(pairs: readonly Pair[], worst: Pair): string {
  const rest = pairs.filter((pair) => pair !== worst)
  if (rest.length === 0) return ''
  const figures = rest.map(({ factor, vendor }) => `${between(factor, digits)} with vendor ${vendor}`)
  const price = `the price is ${between(worst.longerMs, digits)} ms for each time that all devices come and go at once`
  return (
    `How much that matters is the vendor's doing: the factor was ${figures.join(' and ')}` +
    `${worst.longerMs.low > 0 ? `, and even at its worst ${price}` : ''}.`
  )
}

function steadiness(pairs: readonly Pair[]): string {
  const unsteady = pairs.some(({ global, other }) => global.unsteady !== null || other.unsteady !== null)
  return unsteady ? 'Some of the rows compared were not steady: their figures move with more warm-up.' : ''
}

function duplicates({ results }: StormRun): string {
  const tried = results.filter((row) => row.strategy !== FLOOR && row.duplicates.attempted > 0)
  if (tried.length === 0) {
    return 'Whether the lock is needed to keep uuids unique is what --duplicates tries.'
  }
  const sum = (rows: readonly StormResult[], what: 'attempted' | 'warned'): number =>
    rows.reduce((total, row) => total + row.duplicates[what], 0)
  const warners = [...new Set(tried.filter((row) => row.duplicates.warned > 0).map((row) => row.strategy))]
  if (warners.length === 0)
    return `All ${sum(tried, 'attempted')} duplicates were refused before the bus saw them.`
  const theirs = tried.filter((row) => warners.includes(row.strategy))
  return (
    `Duplicates: ${warners.join(', ')} let ${sum(theirs, 'warned')} of ${sum(theirs, 'attempted')} through to the ` +
    `bus link, which refused them with a warning; the others refused all of theirs before.`
  )
}
