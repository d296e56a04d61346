// npm test: types, lint, format, then every test. With words, as in `npm test -- test/sync/rwsem.test.ts`, only the tests that
// they name, which are vitest's own arguments.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2)

/** Ends the process if the program does not succeed. */
function run(file, ...args) {
  const { status } = spawnSync(process.execPath, [`node_modules/${file}`, ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

if (words.length === 0) {
  run('typescript/bin/tsc', '--noEmit')
  run('oxlint/bin/oxlint', '--deny-warnings')
  run('oxfmt/bin/oxfmt', '--check')
}
run('vitest/vitest.mjs', 'run', ...words)
