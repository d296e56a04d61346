// How the bounded models of the explorer grow: executions by number of preemptions, how far a campaign of so many core-hours would come
// by that, and which models a larger budget exhausts. Writes campaigns/bounds.json.
//
//   node --conditions=checked tools/bounds.mjs                 growth of every model that has a bound: some minutes
//   node --conditions=checked tools/bounds.mjs --exhaust 40    and the 40 that grow least are tried whole, 600,000 executions each
//
// The estimate: with one preemption more, executions grow by the factor by which they grew last. It is rough, and errs upwards where a
// model is nearly exhausted.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { explore } from '../dist/src/explore/explore.js'
import { models } from '../dist/src/models/index.js'

const FILE = join(import.meta.dirname, '../campaigns/bounds.json')
/** Of the campaign that is asked about. */
const CORE_HOURS = 100
const MOST_EXECUTIONS = 600_000
/** Of a model that hardly grows any more, the last factor says nothing; nor does an estimate of many steps. */
const LEAST_FACTOR = 1.5
const MOST_MORE = 10
/** Milliseconds of an execution, at least: what takes less was not timed. */
const LEAST_MS = 0.005
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
const round = (value) => Number(value.toPrecision(3))

/** One search of a model: executions, milliseconds, whether it saw all. */
function searched(model, options) {
  const { verdict, coverage } = explore(model, { ms: Infinity, ...options })
  if (verdict === 'fails') throw new Error(`${model.name} fails`)
  const { executions, exhausted, ms } = coverage.at(-1)
  return { executions, exhausted, ms: Math.round(ms) }
}

/** Executions by preemptions, up to the model's bound. */
function growthOf(model) {
  const all = Array.from({ length: model.bound + 1 }, (_, bound) =>
    searched(model, { search: 'dfs', bound, executions: MOST_EXECUTIONS }),
  )
  const last = all.at(-1)
  const executions = all.map((one) => one.executions)
  const factor = executions.at(-1) / executions.at(-2)
  return {
    bound: model.bound,
    executions,
    factor: round(factor),
    msEach: round(Math.max(LEAST_MS, last.ms / last.executions)),
  }
}

/** How many preemptions a budget of milliseconds reaches; undefined: all of them, as has been tried. */
function reachOf({ bound, executions, factor, msEach, whole }, budgetMs) {
  if (whole?.exhausted) return undefined
  const more = Math.log(budgetMs / (executions.at(-1) * msEach)) / Math.log(Math.max(factor, LEAST_FACTOR))
  return bound + Math.min(MOST_MORE, Math.max(0, Math.floor(more)))
}

const known = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')).models : {}
const bounded = models.filter(({ bound, expect }) => bound !== undefined && expect === undefined)
const names = new Set(bounded.map(({ name }) => name))
const found = Object.fromEntries(Object.entries(known).filter(([name]) => names.has(name)))

function keep() {
  const budgetMs = (CORE_HOURS * 3_600_000) / bounded.length
  const rows = Object.entries(found).map(([name, row]) => [name, { ...row, reach: reachOf(row, budgetMs) }])
  const env = { commit, node: process.version, load: round(loadavg()[0]), date: new Date().toISOString() }
  mkdirSync(join(FILE, '..'), { recursive: true })
  const lines = rows.map(([name, row]) => `    ${JSON.stringify(name)}: ${JSON.stringify(row)}`)
  const head = { schema: 'lockstorm/bounds@1', env, coreHours: CORE_HOURS }
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`
  writeFileSync(FILE, text)
}

for (const [i, model] of bounded.entries()) {
  if (found[model.name] !== undefined) continue
  found[model.name] = growthOf(model)
  if (i % 20 === 0) keep()
}
keep()

const at = process.argv.indexOf('--exhaust')
const tries = at < 0 ? 0 : Number(process.argv[at + 1])
const cost = ({ executions, factor, msEach }) => executions.at(-1) * factor ** 2 * msEach
const order = bounded
  .filter(({ name }) => found[name].whole === undefined)
  .toSorted((a, b) => cost(found[a.name]) - cost(found[b.name]))
for (const model of order.slice(0, tries)) {
  const whole = searched(model, { search: 'dpor', executions: MOST_EXECUTIONS })
  found[model.name].whole = whole
  console.log(model.name, JSON.stringify(found[model.name]))
  keep()
}
