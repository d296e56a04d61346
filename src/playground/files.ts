/**
 * What the playground serves: the page, and the modules of ours that it and its programs import. All of it is read once, at the
 * start, so that no request reaches the disk.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STYLE } from '../report/html/look.ts'

/** One file as it goes out. */
export interface Served {
  readonly type: string
  readonly body: Buffer
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const PAGE = join(ROOT, 'playground')
const BUILT = join(ROOT, 'dist')
/** Where compiled modules are found by the page: `/lockstorm/src/…`. */
const AT = '/lockstorm'
const OWN = [
  'src/explore/helper/index.js',
  'src/report/ladder.js',
  'src/report/bench_rows.js',
  'bench/page.js',
  'bench/crew_worker.js',
  // A worker imports them by their names.
  ...['atomics', 'classes', 'sync'].map((adapter) => `bench/adapters/${adapter}.js`),
]
/** What is another file in a page. */
const IN_A_PAGE: Readonly<Record<string, string>> = { 'bench/threads.js': 'bench/page_threads.js' }
/** Packages, which are one file each. */
const PACKAGES = ['tinybench']
/** What a program may import beside the explorer: these exports of the package, as they are. */
const OFFERED = /^\.(\/sync(\/[\w-]+)?)?$/
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}
const IMPORT = /((?:from|import)\s*\(?\s*['"])([.#][^'"]+|tinybench)(['"])/g

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
}

interface Manifest {
  readonly imports: Readonly<Record<string, { readonly default: string }>>
  readonly exports: Readonly<Record<string, { readonly default: string }>>
}

const builtFile = ({ default: path }: { readonly default: string }): string => relative('dist', path)

/**
 * The entries and everything that they import, with paths that a browser can follow.
 * @param named built files that subpath imports such as `#access` stand for, outside of the checked build, and packages
 */
function modules(
  into: Map<string, Served>,
  named: Readonly<Record<string, string>>,
  entries: string[],
): void {
  const open = [...entries]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const path = posix.join(AT, file)
    if (into.has(path)) continue
    const here = file
    const text = readFileSync(join(BUILT, file), 'utf8').replaceAll(
      IMPORT,
      (_, before: string, target: string, after: string) => {
        const found = named[target] ?? posix.join(posix.dirname(here), target)
        const to = IN_A_PAGE[found] ?? found
        open.push(to)
        return before + posix.join(AT, to) + after
      },
    )
    into.set(path, { type: typeOf(file), body: Buffer.from(text) })
  }
}

/** Everything that is served, by path. */
export function playgroundFiles(): ReadonlyMap<string, Served> {
  const files = new Map<string, Served>()
  for (const entry of readdirSync(PAGE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const path = `/${relative(PAGE, file)}`
    files.set(path === '/index.html' ? '/' : path, { type: typeOf(entry.name), body: readFileSync(file) })
  }
  files.set('/look.css', { type: TYPES['css'] as string, body: Buffer.from(STYLE) })
  const { imports, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
  const named = Object.fromEntries(Object.entries(imports).map(([name, to]) => [name, builtFile(to)]))
  for (const name of PACKAGES) {
    named[name] = `${name}.js`
    const body = readFileSync(createRequire(import.meta.url).resolve(name))
    files.set(posix.join(AT, named[name]), { type: typeOf(named[name]), body })
  }
  const offered = Object.entries(exports).filter(([key]) => OFFERED.test(key))
  modules(files, named, [...OWN, ...offered.map(([, to]) => builtFile(to))])
  const paths = offered.map(([key, to]) => [key.replace('.', 'lockstorm'), posix.join(AT, builtFile(to))])
  const text = JSON.stringify({ ...Object.fromEntries(paths), 'lockstorm/explore': '/program.js' })
  files.set('/modules.json', { type: 'application/json', body: Buffer.from(text) })
  return files
}
