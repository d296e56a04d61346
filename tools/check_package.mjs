// The package as a stranger gets it: packed, judged by publint and by Are the types wrong?, bundled export by export within a budget,
// and used by a project in strict TypeScript. The two tools are run through npx; without a registry they are skipped with a line.
// Usage: node tools/check_package.mjs
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { build } from './build.mjs'
import { BUDGETS, MOST_BYTES, STRANGER } from './stranger.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PUBLINT = 'publint@0.3.25'
const ATTW = '@arethetypeswrong/cli@0.18.5'

let failed = false
function say(ok, text) {
  failed ||= !ok
  console.log(`${ok ? 'ok   ' : 'WRONG'} ${text}`)
}

/** Runs a tool that npx may have to fetch. */
function judge(name, args, cwd) {
  const { status, stdout, stderr } = spawnSync('npx', ['--yes', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 180_000,
  })
  const told = `${stdout}${stderr}`.trim()
  if (/npm (error|ERR!)/.test(told)) console.log(`skip  ${name}: npx cannot get it: ${told.split('\n')[0]}`)
  else say(status === 0, status === 0 ? name : `${name}:\n${told}`)
}

async function sizeOf(folder, entry, names) {
  const input = join(folder, 'entry.mjs')
  writeFileSync(input, `export ${names} from 'lockstorm/${entry}'`)
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent', external: /^node:/ })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  return gzipSync(output.map(({ code = '' }) => code).join('')).length
}

build()
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-package-'))
try {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename, files }] = JSON.parse(packed)
  const tarball = join(folder, filename)
  const bytes = statSync(tarball).size
  say(bytes < MOST_BYTES, `package: ${bytes} of ${MOST_BYTES} bytes, ${files.length} files`)
  judge('publint --strict', [PUBLINT, '--strict', tarball], folder)
  judge(
    'are the types wrong? --profile esm-only',
    [ATTW, tarball, '--profile', 'esm-only', '--no-color'],
    folder,
  )

  const installed = join(folder, 'node_modules/lockstorm')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  for (const [entry, names, most] of BUDGETS) {
    const size = await sizeOf(folder, entry, names)
    say(size <= most, `lockstorm/${entry} ${names}: ${size} of ${most} bytes, minified and gzipped`)
  }
  writeFileSync(join(folder, 'use.mts'), STRANGER)
  for (const [resolution, module] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ]) {
    const flags = `--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2022 --lib es2022 --module ${module} --moduleResolution ${resolution}`
    const args = [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...flags.split(' '),
      '--types',
      '',
      'use.mts',
    ]
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    say(
      status === 0,
      `a stranger in strict TypeScript, ${resolution}, neither DOM nor @types/node${stdout && `:\n${stdout}`}`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
