/**
 * The tables of a storm: one per vendor cost and number of CPUs, one of ratios for a sweep, and what broke.
 */
import type { Environment } from '../results/environment.ts'
import { isRealTime, unusualPriority } from '../results/priority.ts'
import type { StormPlan, StormResult, StormRun } from '../results/storm.ts'
import type { LockHoldCount } from '../results/locks.ts'
import type { Block } from './page.ts'
import { bad, good, median } from './style.ts'
import type { Table } from './table.ts'
import { counted } from '../base/plural.ts'
import { digits, duration, durations } from './text.ts'

/** Everything but the closing sentences. */
export function stormTables(run: StormRun): Block[] {
  const { plan, results } = run
  const parts: Block[] = []
  for (const { label } of plan.vendors) {
    for (const cpus of plan.cpus) {
      const rows = results.filter((row) => row.vendor === label && row.cpus === cpus)
      if (rows.length > 0) parts.push(title(run, label, cpus), costTable(plan, rows), '')
    }
    if (plan.cpus.length > 1) parts.push(...sweepTable(run, label), '')
  }
  if (run.lockHolds !== undefined) parts.push(...holdTable(run.lockHolds), '')
  const unsteady = unsteadyText(results, run.env)
  if (unsteady !== undefined) parts.push(unsteady, '')
  const errors = errorText(results)
  if (errors !== '') parts.push(errors, '')
  const broken = brokenText(results)
  if (broken !== '') parts.push(broken, '')
  return [...parts, legend(plan, run.env)]
}

const cpuCount = (cpus: number): string => counted(cpus, 'CPU')

function secondOrderText(locks: StormPlan['secondOrder']): string {
  if (locks === true) return ''
  return `second-order locks ${locks === false ? 'off' : `${locks.join(', ')} only`}`
}

function title({ plan, env, tree }: StormRun, vendor: string, cpus: number): string {
  const extra = [
    plan.phase === 'churn' ? 'churn' : '',
    plan.affinity === 'own' ? '' : `affinity ${plan.affinity}`,
    plan.duplicates > 0 ? `duplicates ${plan.duplicates}` : '',
    plan.hotplug > 0 ? `hotplug ${plan.hotplug}` : '',
    secondOrderText(plan.secondOrder),
    holdText(plan.holds),
    plan.staggerNs === undefined ? '' : `one operation per CPU in every ${duration(plan.staggerNs)}`,
    slowText(plan.slow),
  ].filter((text) => text !== '')
  const where = tree === undefined ? '' : `${tree.dir}, type ${tree.type}, `
  const load = `${where}${plan.parents} parents × ${plan.devices} devices, ${cpuCount(cpus)} on ${env.cores} cores`
  return [`vendor ${vendor}: ${load}`, ...extra].join(', ')
}

function holdText(holds: StormPlan['holds'] = []): string {
  const each = holds.map(({ lock, ns }) => `${lock} ${duration(ns)}`)
  return each.length === 0 ? '' : `held longer (checked build): ${each.join(', ')}`
}

function slowText(slow: StormPlan['slow'] = []): string {
  const each = slow.map(({ strategy, share }) => `${strategy} by ${digits(100 * share)} %`)
  return each.length === 0 ? '' : `slower on purpose: ${each.join(', ')}`
}

/** How often each machine held each lock longer. */
function holdTable(holds: readonly LockHoldCount[]): Block[] {
  const machines = [...new Set(holds.map(({ machine }) => machine))]
  const locks = [...new Map(holds.map(({ lock, ns }) => [lock, ns]))]
  const times = (name: string, lock: string): string =>
    String(holds.find((one) => one.machine === name && one.lock === lock)?.times ?? 0)
  const rows = locks.map(([lock, ns]) => [lock, duration(ns), ...machines.map((name) => times(name, lock))])
  const what =
    'Acquisitions that held the lock longer; times compare with runs of the checked build only, such as'
  return [`${what} --hold LOCK=0us.`, { head: ['lock', 'longer by', ...machines], rows }]
}

/** Behind the name of a row that is not steady. */
const UNSTEADY = '!'
/** Rows that are named beside a reason. */
const MOST_CELLS = 4

/** Columns in the order in which they go where there is no room. */
const DROP = ['max', 'per parent', 'n', 'in flight', 'of ideal', 'remove p50/p99']

function costTable(plan: StormPlan, rows: readonly StormResult[]): Table {
  const damaged = rows.some(({ damage: d }) => d.oopses + d.leaked + d.hung > 0)
  const head = [
    'strategy',
    'n',
    'wall ms',
    'ops/s',
    `× ${plan.baseline}`,
    'create p50/p99',
    'remove p50/p99',
    'in flight',
    'max',
    'per parent',
    'of floor',
    'of ideal',
    'dup rej/warn',
    'invariants',
    ...(damaged ? ['oops/leak/hang'] : []),
  ]
  const drop = plan.duplicates > 0 ? DROP : ['dup rej/warn', ...DROP]
  return { head, rows: rows.map((row) => [...cells(row), ...(damaged ? [damageText(row)] : [])]), drop }
}

function cells(row: StormResult): string[] {
  const { wallMs, inFlight, duplicates: dup, invariants } = row
  const admitted = dup.admitted > 0 ? `, ${dup.admitted} admitted` : ''
  return [
    row.unsteady === null ? row.strategy : `${row.strategy} ${UNSTEADY}`,
    String(wallMs.samples.length),
    `${median(digits(wallMs.median))} ± ${digits(wallMs.mad)}`,
    digits(row.opsPerSecond),
    ratioText(row),
    durations(row.createNs.p50, row.createNs.p99),
    durations(row.removeNs.p50, row.removeNs.p99),
    ...(inFlight.max === 0
      ? ['n/a', 'n/a', 'n/a']
      : [digits(inFlight.mean), String(inFlight.max), String(inFlight.maxPerParent)]),
    row.ofFloor === null ? 'n/a' : withInterval(row.ofFloor.median, [row.ofFloor.low, row.ofFloor.high], 2),
    row.efficiency === null ? 'n/a' : row.efficiency.toFixed(2),
    dup.attempted === 0 ? 'n/a' : `${dup.rejected}/${dup.warned}${admitted}`,
    invariants.broken.length === 0
      ? good(`${invariants.checked} ok`)
      : bad(`${invariants.broken.length} broken`),
  ]
}

/** Of the same rounds where there are such. */
function ratioText({ ratioToBaseline, overBaseline }: StormResult): string {
  if (overBaseline !== undefined)
    return `${overBaseline.median.toFixed(2)} (≤ ${overBaseline.atMost.toFixed(2)})`
  return ratioToBaseline === null ? 'n/a' : digits(ratioToBaseline)
}

function damageText({ damage }: StormResult): string {
  return `${damage.oopses}/${damage.leaked}/${damage.hung}`
}

/** How each strategy's wall time compares with the baseline's, by number of CPUs. */
function sweepTable({ plan, results, env, sweep = [] }: StormRun, vendor: string): Block[] {
  const at = (strategy: string, cpus: number): StormResult | undefined =>
    results.find((row) => row.strategy === strategy && row.vendor === vendor && row.cpus === cpus)
  const rows = plan.strategies.map((strategy) => {
    const ratios = plan.cpus.map((cpus) => {
      const mine = at(strategy, cpus)?.wallMs.median ?? 0
      const base = at(plan.baseline, cpus)?.wallMs.median ?? 0
      return mine > 0 && base > 0 ? digits(base / mine) : 'n/a'
    })
    if (sweep.length === 0) return [strategy, ...ratios]
    const fit = sweep.find((one) => one.strategy === strategy && one.vendor === vendor)
    const usl =
      fit === undefined
        ? ['n/a', 'n/a']
        : [withInterval(fit.sigma, fit.sigmaInterval), withInterval(fit.kappa, fit.kappaInterval)]
    return [strategy, ...ratios, ...usl]
  })
  const law = sweep.length === 0 ? [] : ['σ (95 %)', 'κ (95 %)']
  const head = ['strategy', ...plan.cpus.map(cpuCount), ...law]
  const what = `vendor ${vendor}: wall time of ${plan.baseline} ÷ wall time of the strategy, by CPUs`
  return [what, { head, rows }, ...(sweep.length === 0 ? [{ prose: noLaw(env) }] : [])]
}

/** Why there are no coefficients of the scalability law. */
function noLaw({ cores }: Environment): string {
  return (
    `No scalability law is fitted: it wants three numbers of CPUs up to the ${cores} cores. Beyond, CPUs share a core, and it would ` +
    'take the scheduler for contention.'
  )
}

function withInterval(value: number, [low, high]: readonly [number, number], places = 3): string {
  const text = (x: number): string => x.toFixed(places)
  return `${text(value)} (${text(low)}–${text(high)})`
}

/** Why rows are marked, those with the same reason together; undefined if none is. */
/** How a reason ends that speaks of the warm-up alone. */
const TOO_FEW = 'too few to tell'

function unsteadyText(results: readonly StormResult[], env: Environment): Block | undefined {
  const groups = new Map<string, string[]>()
  for (const { strategy, vendor, cpus, unsteady } of results) {
    if (unsteady === null) continue
    const key = `  ${unsteady}: `
    groups.set(key, [...(groups.get(key) ?? []), `${strategy} (${vendor}, ${cpuCount(cpus)})`])
  }
  if (groups.size === 0) return undefined
  const lines = Array.from(groups, ([why, cells]) => why + listed(cells))
  const short = [...groups.keys()].every((why) => why.endsWith(`${TOO_FEW}: `))
  const why = short
    ? 'more warm-up tells: without --warmup a storm takes as many rounds as it needs'
    : `times move with more warm-up, or with what else runs here${advice(env)}`
  return [`${UNSTEADY} These rows were not steady: ${why}.`, ...lines].join('\n')
}

/** How to come before what else runs: by what the computer allows, and by nothing where that was done already. */
function advice({ priority }: Environment): string {
  if (isRealTime(priority)) return ''
  return priority?.mayRise === true
    ? '; `chrt -r 10 npx lockstorm storm` puts a storm before it'
    : '; `nice -n -10`, where one may, puts a storm before it'
}

/** All of a few, the first of many. */
function listed(cells: readonly string[]): string {
  const more = cells.length - MOST_CELLS
  return more <= 1 ? cells.join(', ') : `${cells.slice(0, MOST_CELLS).join(', ')} and ${more} more`
}

/** Errors that operations returned, rows with the same ones together; '' if there is none. */
function errorText(results: readonly StormResult[]): string {
  const groups = new Map<string, string[]>()
  for (const row of results) {
    const errnos = Object.entries(row.errnos).map(([name, count]) => `${name} ${count}`)
    if (errnos.length === 0) continue
    const key = `  vendor ${row.vendor}, ${cpuCount(row.cpus)}: ${errnos.join(', ')}`
    groups.set(key, [...(groups.get(key) ?? []), row.strategy])
  }
  const lines = [...groups].map(([key, strategies]) => `${key} (${strategies.join(', ')})`)
  return lines.length === 0 ? '' : ['Operations refused:', ...lines].join('\n')
}

/** One line per strategy and broken invariant; '' if there is none. */
function brokenText(results: readonly StormResult[]): string {
  const lines = results.flatMap((row) =>
    row.invariants.broken.map((sentence) => `  ${row.strategy}, vendor ${row.vendor}: ${sentence}`),
  )
  return lines.length === 0 ? '' : ['Broken invariants:', ...new Set(lines)].join('\n')
}

function legend(plan: StormPlan, env: Environment): Block {
  const lines = [
    `wall: median ± MAD over n rounds, first start to last end; × ${plan.baseline}: wall over that of ${plan.baseline}, ` +
      'of the same round, and what that is at most with 95 % confidence; ' +
      'in flight: creates at work, mean over time, most at once, most on one parent; efficiency, of floor: wall of the ' +
      'floor (the same operations and costs, no kernel between) ÷ wall, of the same round, with its 95 % interval; of ' +
      'ideal: operations × cost ÷ CPUs that can work at once (busy: at most the cores) ÷ wall; dup rej/warn: duplicates ' +
      'refused with EEXIST, and by the bus with a warning.',
    [
      `seed ${plan.seed}, Node ${env.node}, ${env.cores} cores of ${env.cpuModel}`,
      ...[unusualPriority(env.priority)].filter((text) => text !== ''),
      env.date.slice(0, 10),
    ].join(', '),
  ]
  return { prose: lines.join('\n') }
}
