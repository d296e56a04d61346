// Compiles src, workers, bench and test/bodies into dist.
//
// Invariant: dist is never written to. A build works in a folder of its own, which takes the place of dist at the end, so that a
// process that is running from dist never sees a half-written tree, and of several builds at once each leaves a whole one. A copy of
// the last build is what the compiler starts from, so that it compiles what changed; outputs without a source are removed from it.
// LOCKSTORM_SOURCE_MAPS=1 adds source maps, for coverage by source line; the package has none, so its files name none.
// The stamp in dist says which sources it was built from and what it consisted of: while both are so, nothing is compiled.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { builtFrom, filesBelow, hashOfInputs, sourceFiles, stamp } from './stamp.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const INFO = '.tsbuildinfo'
const compiler = join(root, 'node_modules/typescript')
/** What package.json's `bin` names. npm marks it as executable only when it links it, which it does once. */
const COMMAND = 'src/cli/main.js'

/** Copies the last build, if there is one, it is as its stamp says, and no other has taken its place meanwhile. */
function startFromLast(next) {
  const inode = () => statSync(dist, { throwIfNoEntry: false })?.ino
  const copied = inode()
  try {
    cpSync(dist, next, { recursive: true, preserveTimestamps: true })
  } catch {
    // There is none, or another build has just taken its place.
  }
  if (copied !== inode() || builtFrom(next) === undefined) rmSync(next, { recursive: true, force: true })
}

function compile(next) {
  const tsc = join(compiler, 'bin/tsc')
  const maps = process.env.LOCKSTORM_SOURCE_MAPS === undefined ? [] : ['--sourceMap', '--declarationMap']
  const flags = ['--outDir', next, '--incremental', '--tsBuildInfoFile', join(next, INFO), ...maps]
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...flags], {
    cwd: root,
    stdio: 'inherit',
  })
  if (run.status !== 0) throw new Error(`the TypeScript compiler exited with ${run.status ?? run.signal}`)
}

/** Unless it is compiled to be read beside its maps. */
function stripComments(next) {
  if (process.env.LOCKSTORM_SOURCE_MAPS !== undefined) return
  const run = spawnSync(process.execPath, [join(root, 'tools/strip.mjs'), next], {
    cwd: root,
    stdio: 'inherit',
  })
  if (run.status !== 0) throw new Error(`the comments cannot be stripped: ${run.status ?? run.signal}`)
}

function removeStrays(next, sources) {
  const endings = ['.js', '.js.map', '.d.ts', '.d.ts.map']
  const wanted = new Set(sources.flatMap((file) => endings.map((ending) => file.replace(/\.ts$/, ending))))
  for (const file of filesBelow(next)) if (file !== INFO && !wanted.has(file)) rmSync(join(next, file))
}

/** Puts the folder in the place of dist. Others may do the same meanwhile: then dist is gone, or in the way once more. */
function swapIn(next, old) {
  for (;;) {
    try {
      if (existsSync(dist)) renameSync(dist, old)
      renameSync(next, dist)
      return
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code) || !existsSync(next)) throw error
      rmSync(old, { recursive: true, force: true })
    }
  }
}

/** Removes what builds that were killed have left. */
function sweep() {
  for (const name of readdirSync(root)) {
    const [, pid] = /^dist\.(?:next|old)-(\d+)$/.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(root, name), { recursive: true, force: true })
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Builds if anything changed since the last build.
 * @returns whether it compiled
 * @throws {Error} if the compiler reports an error; dist is then as it was
 */
export function build() {
  let sources = sourceFiles(root)
  let inputs = hashOfInputs(root, sources)
  if (builtFrom(dist) === inputs) return false
  sweep()
  const next = join(root, `dist.next-${process.pid}`)
  const old = join(root, `dist.old-${process.pid}`)
  try {
    process.stderr.write(
      `lockstorm: ${existsSync(dist) ? 'compiling what changed' : 'compiling, which takes a few seconds'}\n`,
    )
    startFromLast(next)
    for (let before = ''; before !== inputs; inputs = hashOfInputs(root, sources)) {
      before = inputs
      compile(next)
      removeStrays(next, sources)
      sources = sourceFiles(root)
    }
    stripComments(next)
    if (existsSync(join(next, COMMAND))) chmodSync(join(next, COMMAND), 0o755)
    stamp(next, inputs)
    if (builtFrom(dist) !== inputs) swapIn(next, old)
  } finally {
    rmSync(next, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
  return true
}

function buildOrFail() {
  try {
    build()
  } catch (error) {
    process.stderr.write(`lockstorm: ${error.message}\n`)
    process.exitCode = 1
  }
}

/** What npm runs after an install. Without the development packages there is no compiler, and whoever left them out wants none. */
export function prepare() {
  if (existsSync(compiler)) buildOrFail()
  else if (!existsSync(dist))
    process.stderr.write(
      'lockstorm: not compiled: that needs the development packages, which npm ci installs\n',
    )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) buildOrFail()
