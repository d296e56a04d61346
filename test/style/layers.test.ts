import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'src')

/** Lower first. A folder may import from folders before it in its chain, and from itself. */
const KERNEL = ['base', 'trace', 'mem', 'sync', 'kernel', 'fences', 'mdev', 'vfio', 'drivers'] as const
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(KERNEL.map((layer, i) => [layer, KERNEL.slice(0, i)])),
  debug: ['base', 'trace', 'mem'],
  machine: [...KERNEL, 'debug', 'results', 'define'],
  results: ['base'],
  compare: ['base', 'results'],
  // What is found is told: reports read results where they are declared. They run nothing.
  report: ['base', 'results', 'compare', 'define', 'explore', 'scenarios', 'conformance'],
  storm: [...KERNEL, 'debug', 'machine', 'results', 'report', 'define'],
  torture: [...KERNEL, 'debug', 'machine', 'results', 'report', 'define'],
  mount: [...KERNEL, 'machine', 'define', 'results'],
  define: [...KERNEL, 'debug'],
  live: [...KERNEL, 'debug', 'machine', 'define'],
  top: ['machine', 'report'],
  playground: ['report'],
  watch: ['base', 'trace', 'mem', 'sync', 'debug'],
  shell: [...KERNEL, 'debug', 'machine', 'live', 'storm', 'report', 'results', 'define'],
  selftest: [...KERNEL, 'debug'],
  races: [...KERNEL, 'debug', 'define'],
  models: [...KERNEL, 'debug', 'define', 'races'],
  scenarios: [...KERNEL, 'debug', 'machine', 'results', 'report', 'define', 'races'],
  explore: [...KERNEL, 'debug', 'machine', 'results', 'report', 'scenarios', 'define', 'models'],
  conformance: [...KERNEL, 'machine'],
  campaign: ['base', 'results', 'define', 'mdev', 'fences', 'races', 'models', 'torture', 'explore'],
  cli: [
    ...KERNEL,
    'live',
    'shell',
    'top',
    'debug',
    'machine',
    'results',
    'compare',
    'report',
    'storm',
    'torture',
    'explore',
    'scenarios',
    'campaign',
    'conformance',
    'define',
    'models',
    'races',
    'selftest',
    'mount',
    'playground',
  ],
}
// The subpath imports stand for a pair of files one layer down.
const SUBPATH: Readonly<Record<string, string>> = { '#access': 'mem', '#trace': 'trace' }
// trace.checked and access.checked are one switch with two faces: the accesses tell the observers of trace, and
// nothing in trace reaches back.

interface Import {
  readonly from: string
  readonly target: string
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function layerOf(file: string): string {
  return relative(src, file).split('/')[0] as string
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...found].map((match) => ({ from: file, target: match[1] as string }))
}

function targetLayer({ from, target }: Import): string | undefined {
  if (target in SUBPATH) return SUBPATH[target]
  if (!target.startsWith('.')) return undefined
  const path = resolve(dirname(from), target)
  return path.startsWith(src) ? layerOf(path) : undefined
}

/** Imports that point upward or sideways. */
function violations(imports: readonly Import[]): string[] {
  return imports.flatMap((one) => {
    const here = layerOf(one.from)
    const there = targetLayer(one)
    if (there === undefined || there === here || ALLOWED[here]?.includes(there) === true) return []
    return [`${relative(root, one.from)} imports ${one.target}: ${here} must not know ${there}`]
  })
}

test('imports point downward only', () => {
  expect(violations(files(src).flatMap(importsOf))).toEqual([])
})

test('the check itself sees an upward import', () => {
  const upward = { from: join(src, 'sync/mutex.ts'), target: '../mdev/core.ts' }
  expect(violations([upward])).toEqual(['src/sync/mutex.ts imports ../mdev/core.ts: sync must not know mdev'])
})

/** Files that reach themselves by their imports, types included: such a file cannot be read without all of its circle. */
function circles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>()
  for (const { from, target } of imports) {
    if (target.startsWith('.')) next.set(from, [...(next.get(from) ?? []), resolve(dirname(from), target)])
  }
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>()
    const open = [...(next.get(start) ?? [])]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (seen.has(file)) continue
      seen.add(file)
      open.push(...(next.get(file) ?? []))
    }
    return seen
  }
  return [...next.keys()].filter((file) => reach(file).has(file)).map((file) => relative(root, file))
}

test('no file imports itself by way of others', () => {
  expect(circles(files(src).flatMap(importsOf))).toEqual([])
})

test('the check itself sees a circle', () => {
  const one = join(src, 'sync/mutex.ts')
  const other = join(src, 'sync/park.ts')
  const circle = [
    { from: one, target: './park.ts' },
    { from: other, target: './mutex.ts' },
  ]
  expect(circles(circle)).toEqual(['src/sync/mutex.ts', 'src/sync/park.ts'])
})

test('kernel code reaches shared memory through #access only', () => {
  const offenders = files(src)
    .filter((file) =>
      ['sync', 'kernel', 'mdev', 'fences', 'vfio', 'drivers', 'races', 'scenarios', 'debug'].includes(
        layerOf(file),
      ),
    )
    .filter((file) =>
      /\bAtomics\.(?!waitAsync)/.test(readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    )
  expect(offenders.map((file) => relative(root, file))).toEqual([])
})

test('kernel code has no module-level mutable state', () => {
  const offenders = files(src)
    .filter((file) =>
      ['sync', 'kernel', 'fences', 'mdev', 'vfio', 'drivers', 'races', 'scenarios'].includes(layerOf(file)),
    )
    .filter((file) => /^(export )?let /m.test(readFileSync(file, 'utf8')))
  expect(offenders.map((file) => relative(root, file))).toEqual([])
})

test('workers are thin: at most 40 lines of code', () => {
  const long = files(join(root, 'workers')).filter((file) => {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
    return code.split('\n').filter((line) => line.trim() !== '').length > 40
  })
  expect(long.map((file) => relative(root, file))).toEqual([])
})
