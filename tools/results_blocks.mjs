// Figures in Markdown files stand between `<!-- results NAME -->` and `<!-- end -->`, and are made here from the results that
// `npm run results` keeps in docs/data. Nothing here runs or measures anything.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { growthTables } from '../dist/src/report/growth_table.js'
import { markdownTable } from '../dist/src/report/markdown.js'
import { render } from '../dist/src/report/page.js'
import { stormAnswer } from '../dist/src/report/storm_answer.js'
import { stormTables } from '../dist/src/report/storm_table.js'
import { digits } from '../dist/src/report/text.js'
import { waitsTables } from '../dist/src/report/waits_table.js'
import { unusualPriority } from '../dist/src/results/priority.js'
import { medianAtMost } from '../dist/src/results/stats.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Where results are kept. */
export const DATA = join(root, 'docs/data')
/** Files that have blocks. */
export const PAGES = ['README.md', 'docs/results.md', 'docs/serialisation.md', 'docs/sharded.md'].map(
  (file) => join(root, file),
)
const WIDTH = 150

const fenced = (text) => `\`\`\`\n${text.trimEnd()}\n\`\`\``
const text = (blocks) => fenced(render(blocks, { width: WIDTH, colour: false }))

/** One row of a storm; undefined if it was not measured. */
const cell = (run, strategy, vendor, cpus) =>
  run.results.find((row) => row.strategy === strategy && row.vendor === vendor && row.cpus === cpus)

/** Where it was measured: machine, Node, load, commit. */
export function where({ env }) {
  const { node, cores, cpuModel, load, steal, commit, date, virtualised } = env
  const begun =
    load.before === null ? '' : `load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after`
  const stolen = steal === null ? '' : `, ${(100 * steal).toFixed(1)} % of its time stolen`
  const machine = `${cores} cores of ${cpuModel}${virtualised === true ? ' (virtual)' : ''}`
  const ranked = unusualPriority(env.priority)
  const rank = ranked === '' ? '' : `, priority ${ranked}`
  return `${date.slice(0, 10)}, ${machine}, Node ${node}, ${begun}${stolen}${rank}; commit ${commit?.slice(0, 12) ?? 'unknown'}.`
}

/** What a person waits longer under one lock across everything: milliseconds, with the ends of both intervals. */
function later(held, free) {
  if (held === undefined || free === undefined) return 'n/a'
  const [low, high] = [held.low - free.high, held.high - free.low]
  const middle = held.median - free.median
  if (low <= 0 && high >= 0) return `none to be told (${digits(low)} to ${digits(high)} ms)`
  return `${digits(middle)} ms (${digits(low)} to ${digits(high)})`
}

const mark = (...rows) => (rows.some((row) => row !== undefined && row.unsteady !== null) ? ' !' : '')

/** By how much creates of all devices end later under `global`, by vendor cost and CPUs. */
function allAtOnce(run) {
  const head = ['vendor cost', ...run.plan.cpus.map((cpus) => `${cpus} CPU${cpus === 1 ? '' : 's'}`)]
  const rows = run.plan.vendors.map(({ label }) => [
    label,
    ...run.plan.cpus.map((cpus) => {
      const [held, free] = ['global', 'placeholder'].map((name) => cell(run, name, label, cpus))
      return later(held?.phases?.createMs, free?.phases?.createMs) + mark(held, free)
    }),
  ])
  return markdownTable(head, rows).join('\n')
}

/** By how much one create takes longer under `global` where operations do not come at once. */
function staggered(run) {
  const ms = (ns) => `${digits(ns / 1e6)} ms`
  const head = ['vendor cost', 'median', '99 of 100', 'longest']
  const rows = run.plan.vendors.map(({ label }) => {
    const [held, free] = ['global', 'placeholder'].map((name) => cell(run, name, label, run.plan.cpus[0]))
    const both = (key) => `${ms(held.createNs[key])} against ${ms(free.createNs[key])}`
    return held === undefined || free === undefined
      ? [label, 'n/a', 'n/a', 'n/a']
      : [label + mark(held, free), both('p50'), both('p99'), both('max')]
  })
  return markdownTable(head, rows).join('\n')
}

/** Wall time of `global` over that of a strategy of the same plan, beside the same ratio of the recorded kernel. */
const KERNEL = {
  'sleep:1ms': ['create 1.00, remove 1.00', '1.77, 1.99', '4.00, 3.85', '8.43, 7.55'],
  'busy:20us': ['create 1.04, remove 1.04', '1.60, 1.24', '1.45, 1.21', '1.26, 1.00'],
  none: ['create 1.04, remove 1.00', '1.44, 1.45', '1.56, 1.11', '1.37, 1.00'],
}

function besideKernel(run) {
  const { cpus, vendors } = run.plan
  const head = [
    'vendor',
    ...cpus.map((n) => `${n} CPU${n === 1 ? '' : 's'}`),
    ...cpus.map((n) => `kernel: ${n}`),
  ]
  const rows = vendors.map(({ label }) => [
    label,
    ...cpus.map((n) => {
      const [held, free] = ['global', 'placeholder'].map((name) => cell(run, name, label, n))
      const ratio =
        held === undefined || free === undefined
          ? 'n/a'
          : (held.wallMs.median / free.wallMs.median).toFixed(2)
      return ratio + mark(held, free)
    }),
    ...(KERNEL[label] ?? cpus.map(() => 'n/a')),
  ])
  return markdownTable(head, rows).join('\n')
}

/** Wall times by number of parents: 128 devices in all. */
function byParents(runs) {
  const [first] = runs
  const head = [
    'vendor',
    'strategy',
    ...runs.map(({ plan }) => `${plan.parents} parent${plan.parents === 1 ? '' : 's'}`),
  ]
  const rows = first.plan.vendors.flatMap(({ label }) =>
    first.plan.strategies.map((strategy) => [
      label,
      strategy,
      ...runs.map((run) => {
        const row = cell(run, strategy, label, run.plan.cpus[0])
        return row === undefined
          ? 'n/a'
          : `${digits(row.wallMs.median)} ms (${digits(row.wallMs.low)}–${digits(row.wallMs.high)})${mark(row)}`
      }),
    ]),
  )
  return markdownTable(head, rows).join('\n')
}

/** Where each was measured, by its vendor costs and CPUs. */
function whereEach(runs) {
  return runs
    .map((run) => {
      const vendors = run.plan.vendors.map(({ label }) => `\`${label}\``).join(', ')
      return `${vendors} on ${run.plan.cpus.join(', ')} CPUs: ${where(run)}`
    })
    .join('\n\n')
}

/** Times of one row over those of another, round by round. */
function ratios(one, other) {
  const beside = new Map(other.rounds.map((round, i) => [round, other.wallMs.samples[i]]))
  return one.rounds.flatMap((round, i) =>
    beside.has(round) ? [one.wallMs.samples[i] / beside.get(round)] : [],
  )
}

/** Time of `sharded` as a multiple of another strategy's in the same round, with the one-sided 95 % bound. */
function against(...runs) {
  const all = (of) => [...new Set(runs.flatMap(({ plan }) => of(plan)))]
  const counts = all(({ cpus }) => cpus)
  const head = ['multiple of', 'vendor', ...counts.map((cpus) => `${cpus} CPU${cpus === 1 ? '' : 's'}`)]
  const over = (base, label, cpus) => {
    const find = (name) => runs.map((run) => cell(run, name, label, cpus)).find((row) => row !== undefined)
    const [ours, theirs] = ['sharded', base].map(find)
    if (ours === undefined || theirs === undefined) return 'n/a'
    const { median, atMost } = medianAtMost(ratios(ours, theirs))
    return `${median.toFixed(2)} (≤ ${atMost.toFixed(2)})${mark(ours)}`
  }
  const labels = all(({ vendors }) => vendors.map(({ label }) => label))
  const rows = ['rwsem', 'per-parent'].flatMap((base) =>
    labels.map((label) => [base, label, ...counts.map((cpus) => over(base, label, cpus))]),
  )
  return markdownTable(head, rows).join('\n')
}

/** The table of one vendor cost, and the closing sentences. */
function short(run, label) {
  const part = {
    ...run,
    plan: { ...run.plan, vendors: run.plan.vendors.filter((one) => one.label === label) },
  }
  const rows = run.results.filter(({ vendor }) => vendor === label)
  const tables = stormTables({ ...part, results: rows }).slice(0, 3)
  return text([...tables, { prose: stormAnswer(run) }])
}

/** How each block is made, and of which results. */
const MAKERS = {
  'readme-storm': [['default'], (run) => short(run, 'sleep:1ms')],
  default: [
    ['default'],
    (run) => `${where(run)}\n\n${text([...stormTables(run), '', { prose: stormAnswer(run) }])}`,
  ],
  kernel: [['sweep'], (run) => `${where(run)}\n\n${besideKernel(run)}`],
  sweep: [['sweep'], (run) => text(stormTables(run))],
  parents: [['parents-1', 'parents-8', 'parents-32'], (...runs) => `${where(runs[0])}\n\n${byParents(runs)}`],
  against: [
    ['against-work', 'against-sleep', 'against-sleep-many'],
    (...runs) => `${whereEach(runs)}\n\n${against(...runs)}`,
  ],
  growth: [['growth'], (run) => `${where(run)}\n\n${text(growthTables(run))}`],
  waits: [['waits'], (run) => `${where(run)}\n\n${text(waitsTables(run.waits ?? []))}`],
  'all-at-once': [['sweep'], allAtOnce],
  staggered: [['staggered'], staggered],
}

/** A kept result; undefined if there is none. */
function kept(name) {
  const file = join(DATA, `${name}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** The page with its blocks as the kept results want them. Blocks without results stay as they are. @throws for an unknown block */
export function withBlocks(page) {
  return page.replaceAll(
    /(<!-- results ([\w-]+) -->\n)([^]*?)(<!-- end -->)/g,
    (all, begin, name, _, end) => {
      const maker = MAKERS[name]
      if (maker === undefined) throw new Error(`there is no block '${name}'`)
      const results = maker[0].map(kept)
      return results.includes(undefined) ? all : `${begin}\n${maker[1](...results)}\n\n${end}`
    },
  )
}
