// Measures what the pages of figures state, keeps the results in docs/data, and writes the figures into their blocks: the README,
// docs/results.md, docs/serialisation.md, docs/sharded.md. What the classes cost stands in docs/api, which tools/api.mjs writes.
//
//   npm run results                  everything: some half an hour on a quiet computer of two cores
//   npm run results -- --quick       few rounds of everything, to see that it works: two minutes. Its figures are not for keeping
//   npm run results -- NAME…         some of the plans only
//   npm run results -- --pages       nothing is measured: blocks from the results that are there
//
// A result is kept when its command has ended with 0, and not before. Blocks are written when all plans are done.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DATA, PAGES, withBlocks } from './results_blocks.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cli = join(root, 'dist/src/cli/main.js')
/** Load average from which on the computer is not quiet. */
const BUSY = 0.7

const synthetic = (parents) => [
  '--driver',
  'synthetic',
  '--parents',
  String(parents),
  '--devices',
  String(128 / parents),
]
const few = ['--rounds', '3', '--warmup', '20']
const against = [
  'storm',
  '--strategies',
  'rwsem,per-parent,sharded',
  '--baseline',
  'rwsem',
  '--affinity',
  'own',
]
const pair = ['--strategies', 'global,placeholder']

const major = Number.parseInt(process.versions.node, 10)
// What a plan lacks here, or nothing: then what was kept of it before stays.
const noChromium = () => (spawnSync('chromium', ['--version']).status === 0 ? '' : 'chromium cannot be run')
const oldNode = () => (major > 20 ? '' : 'the package multithreading wants Node 21 or newer')
const newNode = () => (major === 20 ? '' : 'V8 has an Atomics.Mutex that works in Node 20')

/** Each plan: its words, and those of --quick in place of `long`; the program, where it is not ours. */
const PLANS = {
  default: { words: ['storm'], long: [], quick: few },
  sweep: {
    words: [
      'storm',
      ...pair,
      '--cpus',
      '1,2,4,8',
      '--vendor',
      'none,busy:20us,sleep:100us,sleep:1ms,sleep:10ms',
    ],
    long: ['--rounds', '15', '--budget', '150s'],
    quick: [...few, '--budget', '30s'],
  },
  staggered: {
    words: [
      'storm',
      ...pair,
      '--cpus',
      '8',
      '--stagger',
      '20ms',
      '--vendor',
      'none,busy:20us,sleep:100us,sleep:1ms,sleep:10ms',
    ],
    long: ['--rounds', '6', '--budget', '60s'],
    quick: [...few, '--budget', '20s'],
  },
  ...Object.fromEntries(
    [1, 8, 32].map((parents) => [
      `parents-${parents}`,
      {
        words: [
          'storm',
          '--strategies',
          'global,placeholder,sharded',
          ...synthetic(parents),
          '--vendor',
          'none,sleep:1ms',
        ],
        long: ['--rounds', '15', '--budget', '25s'],
        quick: few,
      },
    ]),
  ),
  waits: {
    words: ['storm', '--strategies', 'global,placeholder,sharded', '--vendor', 'none,sleep:1ms', '--waits'],
    long: ['--rounds', '10', '--budget', '30s'],
    quick: few,
  },
  // Rounds that take milliseconds differ more and cost less: there are more of them.
  'against-work': {
    words: [...against, '--cpus', '1,2,4,8,16', '--vendor', 'none,busy:20us'],
    long: ['--rounds', '200'],
    quick: few,
  },
  'against-sleep': {
    words: [...against, '--cpus', '1,2,4', '--vendor', 'sleep:1ms'],
    long: ['--rounds', '40'],
    quick: few,
  },
  'against-sleep-many': {
    words: [...against, '--cpus', '8,16', '--vendor', 'sleep:1ms'],
    long: ['--rounds', '200'],
    quick: few,
  },
  classes: { words: ['bench', 'classes'], long: [], quick: ['--quick'] },
  browser: { tool: 'tools/bench_page.mjs', words: [], long: [], quick: ['--quick'], needs: noChromium },
  peers: { words: ['bench', 'peers'], long: [], quick: ['--quick'], needs: oldNode },
  'peers-v8': {
    flags: ['--harmony-struct'],
    words: ['bench', 'peers'],
    long: [],
    quick: ['--quick'],
    needs: newNode,
  },
  growth: {
    words: ['storm', '--phase', 'grow', '--strategies', 'per-parent,global,placeholder,modern,sharded'],
    long: ['--devices', '12500'],
    quick: ['--devices', '64'],
  },
}

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const pagesOnly = words.includes('--pages')
const wanted = words.filter((word) => !word.startsWith('--'))
const bad = words.find((word) =>
  word.startsWith('--') ? !['--quick', '--pages'].includes(word) : !(word in PLANS),
)
if (bad !== undefined) {
  console.error(`results: ${bad}: wanted --quick, --pages, or any of ${Object.keys(PLANS).join(', ')}`)
  process.exit(2)
}

/** Runs one plan and keeps its result. */
function measure(name) {
  const { tool, flags = [], words: always, long, quick: short, needs } = PLANS[name]
  const lacking = needs?.() ?? ''
  if (lacking !== '') {
    console.log(`results: ${name}: skipped, ${lacking}`)
    return
  }
  const program = [...flags, tool === undefined ? cli : join(root, tool)]
  const file = join(DATA, `${name}.json`)
  const next = join(DATA, `.${name}.${process.pid}.json`)
  const started = performance.now()
  const { status } = spawnSync(
    process.execPath,
    [...program, ...always, ...(quick ? short : long), '--json', next],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (status !== 0) {
    rmSync(next, { force: true })
    console.error(`results: ${name} ended with ${status}; what was kept of it before stays`)
    process.exit(3)
  }
  // One line: it is read by programs, and small.
  writeFileSync(next, `${JSON.stringify(JSON.parse(readFileSync(next, 'utf8')))}\n`)
  renameSync(next, file)
  console.log(`results: ${name}, ${((performance.now() - started) / 1000).toFixed(0)} s`)
}

mkdirSync(DATA, { recursive: true })
if (!pagesOnly) {
  const [load] = loadavg()
  if (load > BUSY)
    console.error(
      `results: the computer is busy (load ${load.toFixed(1)}): figures for keeping want a quiet one`,
    )
  for (const name of wanted.length > 0 ? wanted : Object.keys(PLANS)) measure(name)
}
for (const page of PAGES.filter(existsSync)) {
  const before = readFileSync(page, 'utf8')
  const after = withBlocks(before)
  if (after !== before) writeFileSync(page, after)
  console.log(`results: ${page} ${after === before ? 'is as it was' : 'has new figures'}`)
}
