// Small mistakes in the sources (test/mutants), each shown to the one check that must see it: is what the tests claim to
// watch really watched? A mutant that nobody sees is a hole in the checks, and the command fails.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { misfits, tryAll } from './mutate_run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const USAGE = `Usage: npm run check:mutants -- [options]

apply small mistakes to a copy of the sources, one at a time, and show each to the check that must see it

Options:
  --only <name>  the mutants whose name or file contains this; may be repeated
  --jobs <n>     how many are tried at once; default one per core
  --list         print the mutants and their checks, and try none
  --help         print this

Exit codes: 0 every mutant is caught, 1 one survives or does not apply, 2 bad usage, 3 the tool itself broke, 130 interrupted
`

class Usage extends Error {}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        jobs: { type: 'string', default: `${availableParallelism()}` },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const jobs = Number(values.jobs)
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) {
      throw new Usage(`--jobs ${values.jobs}: expected a whole number from 1 to 64`)
    }
    return { ...values, jobs }
  } catch (error) {
    throw error instanceof Usage ? error : new Usage(error.message)
  }
}

function choose(mutants, only) {
  const gone = only.find((text) => !mutants.some((m) => m.name.includes(text) || m.file.includes(text)))
  if (gone !== undefined)
    throw new Usage(`--only ${gone}: no mutant has this in its name or file; see --list`)
  if (only.length === 0) return mutants
  return mutants.filter((m) => only.some((text) => m.name.includes(text) || m.file.includes(text)))
}

const kind = ({ oracle }) => oracle.kind ?? 'none'
const label = ({ oracle }) =>
  oracle.label === undefined ? `changes nothing: ${oracle.equivalent}` : oracle.label

function describe({ mutant, verdict, seconds }) {
  const { name, file, breaks } = mutant
  return `${verdict.padEnd(8)} ${seconds.toFixed(1).padStart(5)} s  ${name}\n    ${file}: ${breaks}\n    ${kind(mutant)}: ${label(mutant)}\n`
}

const isFine = ({ verdict }) => verdict === 'caught' || verdict === 'equivalent'

/** How many each kind of oracle has caught, and the time of its slowest. */
function summary(results) {
  const kinds = [...new Set(results.map(({ mutant }) => kind(mutant)))]
  return kinds.map((of) => {
    const mine = results.filter(({ mutant }) => kind(mutant) === of)
    const slowest = Math.max(...mine.map(({ seconds }) => seconds)).toFixed(1)
    if (of === 'none') return `  ${mine.length} change nothing, with the proof beside them`
    return `  ${of}: ${mine.filter(isFine).length} of ${mine.length} caught, the slowest in ${slowest} s`
  })
}

function conclude(results, seconds) {
  const bad = results.filter((result) => !isFine(result))
  const judged = results.filter(({ mutant }) => kind(mutant) !== 'none')
  process.stdout.write(`\n${summary(results).join('\n')}\n`)
  for (const { mutant, verdict } of bad) process.stdout.write(`mutant ${mutant.name}: ${verdict}\n`)
  process.stdout.write(
    `${judged.filter(isFine).length} of ${judged.length} mutants caught in ${(seconds / 60).toFixed(1)} minutes\n`,
  )
  return bad.length === 0 ? 0 : 1
}

function list(mutants) {
  for (const mutant of mutants) {
    const { name, file, breaks } = mutant
    process.stdout.write(`${name}\n    ${file}: ${breaks}\n    ${kind(mutant)}: ${label(mutant)}\n`)
  }
  return 0
}

async function check(mutants, jobs) {
  const unfit = misfits(root, mutants)
  if (unfit.length > 0) {
    process.stdout.write(`${unfit.join('\n')}\n`)
    return 1
  }
  const interrupt = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupt.abort())
  const tell = (result) => process.stdout.write(describe(result))
  const begin = performance.now()
  const results = await tryAll(root, mutants, { jobs, tell, signal: interrupt.signal })
  const code = conclude(results, (performance.now() - begin) / 1_000)
  return interrupt.signal.aborted ? 130 : code
}

async function main() {
  const chosen = options()
  if (chosen.help) {
    process.stdout.write(USAGE)
    return 0
  }
  build()
  const { mutants } = await import('../dist/test/mutants/index.js')
  const mine = choose(mutants, chosen.only)
  return chosen.list ? list(mine) : check(mine, chosen.jobs)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`check:mutants: ${error.message}\n`)
  process.exitCode = error instanceof Usage ? 2 : 3
}
