// The library in every runtime, from the built files and from every bundler's: four workers under each class with exact sums, the
// explorer in a worker, robust locks of a terminated worker. What is not found is named and skipped.
// Usage: node tools/check_runtimes.mjs [RUNTIME=COMMAND …] [--only=RUNTIME/BUNDLER …]   for example: deno=node_modules/.bin/deno
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'
import { BROWSERS, runInPage } from './runtimes/browser.mjs'
import { BUNDLERS, install } from './runtimes/bundlers.mjs'

const LIMIT_MS = 150_000
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUNTIMES = { node: [], deno: ['run', '--allow-all'], bun: ['run'], chromium: [], firefox: [] }
const commands = {
  node: process.execPath,
  deno: 'deno',
  bun: 'bun',
  chromium: 'chromium',
  firefox: 'firefox-esr',
}
const BUILT = 'none'
let only = []

function usage(message) {
  process.stderr.write(`check_runtimes: ${message}\n`)
  process.exit(2)
}
for (const word of process.argv.slice(2)) {
  const [name, command] = word.split('=')
  if (name === '--only' && command) only = [...only, ...command.split(',')]
  else if (name in commands && command) commands[name] = command
  else
    usage(
      `${word} must be node=, deno=, bun=, chromium= or firefox= and a command, or --only=RUNTIME/BUNDLER,…`,
    )
}
const bundlers = [BUILT, ...Object.keys(BUNDLERS)]
for (const cell of only) {
  const [runtime, bundler] = cell.split('/')
  if (!(runtime in RUNTIMES) || !bundlers.includes(bundler)) {
    usage(
      `--only=${cell} must be one of ${Object.keys(RUNTIMES).join(', ')}, a slash, and one of ${bundlers.join(', ')}`,
    )
  }
}
const wanted = (runtime, bundler) =>
  only.length === 0 ? !(runtime in BROWSERS && bundler === BUILT) : only.includes(`${runtime}/${bundler}`)

/** Makes what a bundler makes. Returns its folder, or throws. */
async function bundle(folder, bundler, tools) {
  if (bundler === BUILT) return join(folder, 'program')
  const out = join(folder, 'out', bundler)
  await BUNDLERS[bundler](join(folder, 'program'), out, tools)
  return out
}

function runOutside(runtime, folder) {
  const args = [...RUNTIMES[runtime], join(folder, 'entry.mjs')]
  const { stdout, stderr } = spawnSync(commands[runtime], args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    cwd: folder,
  })
  return stdout.trim() || `no answer: ${stderr.trim().split('\n').slice(0, 3).join(' ')}`
}

const versions = {}
for (const runtime of Object.keys(RUNTIMES)) {
  if (!bundlers.some((bundler) => wanted(runtime, bundler))) continue
  const { error, status, stdout } = spawnSync(commands[runtime], ['--version'], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) {
    console.log(`${runtime}: skipped, ${commands[runtime]} cannot be run`)
    continue
  }
  const version = stdout.trim().split('\n')[0].split(' (')[0]
  // Some say a number only.
  versions[runtime] = /^v?\d/.test(version) ? `${runtime} ${version}` : version
}

build()
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-runtimes-'))
let failed = false
try {
  // As an installed package, since its imports are looked up in its package.json.
  const program = join(folder, 'program')
  cpSync(fileURLToPath(new URL('runtimes', import.meta.url)), program, { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/lockstorm'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "dependencies": { "lockstorm": "*" } }')
  const tools = join(folder, 'tools')
  const extra = ['esbuild', 'rollup', 'webpack'].filter((one) =>
    Object.keys(versions).some((it) => wanted(it, one)),
  )
  mkdirSync(tools)
  writeFileSync(join(tools, 'package.json'), '{}')
  const missing = extra.length > 0 ? install(tools) : ''
  if (missing !== '') console.log(`${extra.join(', ')}: skipped, they cannot be installed: ${missing}`)
  for (const bundler of bundlers) {
    const cells = Object.keys(versions).filter((runtime) => wanted(runtime, bundler))
    if (cells.length === 0 || (missing !== '' && extra.includes(bundler))) continue
    let made
    try {
      made = await bundle(folder, bundler, tools)
    } catch (error) {
      console.log(`${bundler}: WRONG: it makes no bundle: ${error.message}`)
      failed = true
      continue
    }
    for (const runtime of cells) {
      const told =
        runtime in BROWSERS
          ? await runInPage(runtime, commands[runtime], made, LIMIT_MS)
          : runOutside(runtime, made)
      failed ||= !told.startsWith('exact')
      console.log(`${versions[runtime]}, bundler ${bundler}: ${told}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
process.exitCode = failed ? 1 : 0
