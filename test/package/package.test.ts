/** What a stranger gets: a small package, entries that need neither Node nor a DOM, bundles within their budget. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BUDGETS, MOST_BYTES, STRANGER } from '../../tools/stranger.mjs'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist/src')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string; default: string } | string>
}
const entries = Object.values(exports).filter((entry) => typeof entry === 'object')

interface Packed {
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

let packed: Packed
let stranger: string
beforeAll(() => {
  const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  ;[packed] = JSON.parse(out) as [Packed]
  stranger = mkdtempSync(join(tmpdir(), 'lockstorm-stranger-'))
  mkdirSync(join(stranger, 'node_modules'))
  symlinkSync(root, join(stranger, 'node_modules/lockstorm'))
}, 90_000)
afterAll(() => {
  rmSync(stranger, { recursive: true, force: true })
})

/** Every file that this one imports, itself included, that is ours. */
function closure(file: string, ending: '.js' | '.d.ts', seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(
    /(?:from|import)\s*\(?\s*["']([^"']+)["']/g,
  )) {
    if (target.startsWith('.')) {
      closure(resolve(dirname(file), target.replace(/\.(ts|js)$/, ending)), ending, seen)
    } else if (target === '#access' || target === '#trace') {
      const folder = target === '#access' ? 'mem/access' : 'trace/trace'
      closure(join(dist, `${folder}.fast${ending}`), ending, seen)
    }
  }
  return seen
}

test('the package is small, and has no sources, tests, maps or mentions of maps', () => {
  const paths = packed.files.map(({ path }) => path)
  expect(packed.size).toBeLessThan(MOST_BYTES)
  expect(paths.filter((path) => /^(src|test|tools)\/|^dist\/test\/|\.map$/.test(path))).toEqual([])
  const mentions = paths.filter(
    (path) => path.endsWith('.js') && readFileSync(join(root, path), 'utf8').includes('sourceMappingURL'),
  )
  expect(mentions).toEqual([])
})

test('the command names its interpreter', () => {
  expect(readFileSync(join(root, 'dist/src/cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})

test('what the entries import, and their types, is packed', () => {
  const paths = new Set(packed.files.map(({ path }) => path))
  const wanted = entries.flatMap((entry) => [
    ...closure(join(root, entry.default), '.js'),
    ...closure(join(root, entry.types), '.d.ts'),
  ])
  expect(wanted.map((file) => relative(root, file)).filter((path) => !paths.has(path))).toEqual([])
})

test('the locks, the memory and the explorer import nothing of Node', () => {
  const files = [
    'sync/classes/index.js',
    'sync/classes/robust/index.js',
    'sync/classes/spin_lock.js',
    'sync/classes/srcu.js',
    'sync/index.js',
    'mem/index.js',
    'explore/helper/index.js',
  ].flatMap((entry) => [...closure(join(dist, entry), '.js')])
  expect(files.filter((file) => /from ["'](node:|[a-z])/.test(readFileSync(file, 'utf8')))).toEqual([])
})

describe('bundles', () => {
  // The others are measured by `npm run check:package`.
  const some = BUDGETS.filter(([entry, names]) => entry === 'sync' && ['*', '{ Mutex }'].includes(names))
  test.each(some)('lockstorm/%s %s stays within %i bytes, gzipped', async (entry, names, most) => {
    const input = join(stranger, 'entry.mjs')
    writeFileSync(input, `export ${names} from 'lockstorm/${entry}'`)
    const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' })
    const { output } = await bundle.generate({ format: 'esm', minify: true })
    expect(gzipSync(output[0].code).length).toBeLessThanOrEqual(most)
  })
})

describe('a stranger in strict TypeScript', () => {
  test.each([
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ])('moduleResolution %s, neither DOM nor @types/node', (resolution, module) => {
    writeFileSync(join(stranger, 'use.mts'), STRANGER)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const flags = `--noEmit --strict --target es2022 --lib es2022 --module ${module} --moduleResolution ${resolution}`
    const args = [tsc, ...flags.split(' '), '--types', '', 'use.mts']
    expect(execFileSync(process.execPath, args, { cwd: stranger, encoding: 'utf8' })).toBe('')
  })

  test('require gives the same', () => {
    const code = "console.log(new (require('lockstorm').Mutex)(new SharedArrayBuffer(64), 0).tryLock())"
    writeFileSync(join(stranger, 'use.cjs'), code)
    const out = execFileSync(process.execPath, ['--no-warnings', 'use.cjs'], {
      cwd: stranger,
      encoding: 'utf8',
    })
    expect(out).toBe('true\n')
  })

  test('the example of mem is in its README, and prints what it says', () => {
    const path = join(root, 'test/mem/example.mjs')
    const readme = readFileSync(join(root, 'src/mem/README.md'), 'utf8')
    expect(existsSync(path) && readme.includes(readFileSync(path, 'utf8'))).toBe(true)
    expect(execFileSync(process.execPath, [path], { encoding: 'utf8' })).toBe('3 3\n')
  })
})

test('nothing that is installed runs a script of its own', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const own = Object.entries(lock.packages).filter(
    ([path, { hasInstallScript = false }]) => path !== '' && hasInstallScript,
  )
  expect(own.map(([path]) => path)).toEqual([])
})
