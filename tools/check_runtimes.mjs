// The library in other runtimes: four workers under each class, exact sums, in Node, Deno and Bun as far as they are found on the path
// (their npm packages bring them), from the built files and from a bundle for browsers. What is not found is named.
// Usage: node tools/check_runtimes.mjs [RUNTIME=COMMAND …]   for example: deno=node_modules/.bin/deno
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { build } from './build.mjs'

const LIBRARY = fileURLToPath(new URL('../dist/src/sync/classes/index.js', import.meta.url))
const LIMIT_MS = 120_000
const commands = new Map([
  ['node', process.execPath],
  ['deno', 'deno'],
  ['bun', 'bun'],
])
for (const word of process.argv.slice(2)) {
  const [name, command] = word.split('=')
  if (!commands.has(name) || !command) {
    process.stderr.write(`check_runtimes: ${word} must be node=, deno= or bun= and a command\n`)
    process.exit(2)
  }
  commands.set(name, command)
}
const ARGS = { node: [], deno: ['run', '--allow-all'], bun: ['run'] }

/** The program: its main thread makes the memory and starts web workers where there are such, else those of node:worker_threads. */
const program = (library) => `
import * as L from ${JSON.stringify(library)}
const ROUNDS = 2000, THREADS = 4
const shared = L.layout({
  mutex: L.Mutex, again: L.ReentrantMutex, spin: L.SpinLock, rw: L.RwSem, sem: L.Semaphore.of(1), cond: L.Condition, guard: L.Mutex,
  latch: L.Latch.of(THREADS), meet: L.Barrier.of(THREADS), once: L.Once, srcu: L.Srcu.of(4), done: L.Completion,
  jobs: L.Channel.of(8), sums: L.words(16),
})
function work({ mutex, again, spin, rw, sem, cond, guard, latch, meet, once, srcu, done, jobs, sums }, me) {
  const add = (i, n = 1) => { sums[i] += n }
  done.wait()
  meet.wait()
  once.run(() => add(0))
  for (let i = 0; i < ROUNDS; i++) {
    mutex.run(() => add(1))
    again.run(() => again.run(() => add(2)))
    spin.run(() => add(3))
    rw.runWrite(() => add(4))
    rw.runRead(() => sums[4])
    sem.run(() => add(5))
    srcu.run(() => sums[1])
    guard.run(() => { add(6); cond.broadcast() })
    if (me % 2 === 0) jobs.send(1)
    else { const got = jobs.receive(); mutex.run(() => add(7, got)) }
    rw.lockUpgradeable(); rw.upgrade(); add(8); rw.unlockWrite()
  }
  guard.run(() => cond.waitUntil(guard, () => sums[6] === ROUNDS * THREADS))
  latch.countDown()
}
const nodeThreads = globalThis.process?.getBuiltinModule?.('node:worker_threads')
const web = typeof Worker === 'function' && (globalThis.Deno || globalThis.Bun)
const scope = web ? typeof WorkerGlobalScope === 'function' && globalThis instanceof WorkerGlobalScope || (globalThis.Bun && !Bun.isMainThread) : !nodeThreads.isMainThread
if (scope) {
  const run = ({ memory, me }) => { work(shared.attach(memory), me) }
  if (web) globalThis.onmessage = ({ data }) => { run(data); globalThis.postMessage('done') }
  else run(nodeThreads.workerData)
} else {
  const made = shared.create()
  for (let me = 0; me < THREADS; me++) {
    const data = { memory: made.memory, me }
    if (web) { const w = new Worker(import.meta.url, { type: 'module' }); w.onerror = (e) => { console.error(e.message); process.exit(3) }; w.postMessage(data) }
    else new nodeThreads.Worker(new URL(import.meta.url), { workerData: data })
  }
  made.done.completeAll()
  await made.latch.waitAsync({ timeoutMs: 60000 })
  const n = ROUNDS * THREADS
  const want = [1, n, n, n, n, n, n, n / 2, n]
  const got = [...made.sums.slice(0, want.length)]
  console.log(JSON.stringify(got) === JSON.stringify(want) ? 'exact' : 'WRONG ' + got + ' not ' + want)
  process.exit(0)
}
`

async function bundle(folder) {
  const input = join(folder, 'entry.mjs')
  const file = join(folder, 'bundle.mjs')
  writeFileSync(input, `export * from ${JSON.stringify(LIBRARY)}`)
  const made = await rolldown({ input, platform: 'browser', logLevel: 'silent' })
  await made.write({ file, format: 'esm', minify: true })
  return file
}

build()
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-runtimes-'))
let failed = false
try {
  // As an installed package, since its imports are looked up in its package.json.
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(folder, 'node_modules/lockstorm'))
  writeFileSync(join(folder, 'package.json'), '{ "dependencies": { "lockstorm": "*" } }')
  const libraries = { built: 'lockstorm/sync', bundled: pathToFileURL(await bundle(folder)).href }
  for (const [name, command] of commands) {
    const version = spawnSync(command, ['--version'], { encoding: 'utf8' })
    if (version.error !== undefined || version.status !== 0) {
      console.log(`${name}: skipped, ${command} cannot be run`)
      continue
    }
    for (const [how, library] of Object.entries(libraries)) {
      const file = join(folder, `${name}-${how}.mjs`)
      writeFileSync(file, program(library))
      const run = spawnSync(command, [...ARGS[name], file], { encoding: 'utf8', timeout: LIMIT_MS })
      const told = run.stdout.trim() || `no answer: ${run.stderr.trim().split('\n').slice(0, 3).join(' ')}`
      failed ||= told !== 'exact'
      console.log(`${name} ${version.stdout.trim().split('\n')[0]}, ${how}: ${told}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
