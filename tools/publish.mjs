// Publishes the package, after it has been checked. In a CI that vouches for its builds, with provenance: a statement, signed by the
// CI, of the commit and the workflow that it was built from. --dry-run does all but the upload.
// Usage: node tools/publish.mjs [--dry-run]
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2)
const dry = words.includes('--dry-run')
const strange = words.find((word) => word !== '--dry-run')
if (strange !== undefined) {
  process.stderr.write(`publish: ${strange} must be --dry-run or absent\n`)
  process.exit(2)
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 3)
}

const changed = spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim()
if (changed !== '' && !dry) {
  process.stderr.write(`publish: the tree must be as it was committed, and is not:\n${changed}\n`)
  process.exit(2)
}
run(process.execPath, ['tools/check_package.mjs'])

const { repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { ACTIONS_ID_TOKEN_REQUEST_URL, SIGSTORE_ID_TOKEN } = process.env
const vouched = (ACTIONS_ID_TOKEN_REQUEST_URL ?? SIGSTORE_ID_TOKEN) !== undefined
// Provenance names the repository, so package.json must.
const provenance = vouched && repository !== undefined
console.log(
  provenance
    ? 'with provenance'
    : `without provenance: ${vouched ? 'package.json names no repository' : 'no CI vouches for this build'}`,
)
run('npm', [
  'publish',
  '--access',
  'public',
  '--ignore-scripts',
  ...(provenance ? ['--provenance'] : []),
  ...(dry ? ['--dry-run'] : []),
])
