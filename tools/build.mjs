// Compiles src, workers and bench into dist, into a fresh folder swapped in at the end: a process that is
// running from dist never sees a half-written tree, and a deleted source leaves no stale output.
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Builds once. Throws when the compiler reports an error. */
export function build() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const next = join(root, `dist.next-${process.pid}`)
  const old = join(root, `dist.old-${process.pid}`)
  try {
    const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', next], {
      cwd: root,
      stdio: 'inherit',
    })
    if (run.status !== 0) throw new Error(`the TypeScript compiler exited with ${run.status ?? run.signal}`)
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old)
    renameSync(next, join(root, 'dist'))
  } finally {
    rmSync(next, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) build()
