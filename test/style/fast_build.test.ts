/**
 * The fast build has no checkers: what its workers and an ordinary run load, module by module, as Node resolves it without
 * conditions.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const dist = resolve(import.meta.dirname, '../../dist')
const FAST: Readonly<Record<string, string>> = {
  '#access': join(dist, 'src/mem/access.fast.js'),
  '#trace': join(dist, 'src/trace/trace.fast.js'),
}

/** Modules that the file imports before it runs; what it imports later, when asked to, is not among them. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)(?:[^;'"]*\bfrom)?\s*['"]([^'"]+)['"]/gm,
  )
  return [...found].flatMap(([, name = '']) => {
    if (name in FAST) return [FAST[name] as string]
    return name.startsWith('.') ? [resolve(dirname(file), name)] : []
  })
}

/** Everything that loading the file loads, named from dist. */
function loaded(entry: string): string[] {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    importsOf(file).forEach(visit)
  }
  visit(join(dist, entry))
  return [...seen].map((file) => relative(dist, file))
}

const checkers = (modules: readonly string[]): string[] =>
  modules.filter((name) => name.startsWith('src/debug/') || name.endsWith('.checked.js'))

describe.each([
  'src/sync/index.js',
  'src/kernel/index.js',
  'src/mdev/index.js',
  'src/drivers/index.js',
  'workers/cpu.js',
  'workers/body.js',
  'workers/bench.js',
  'bench/adapters/sync.js',
  'src/storm/workloads/mdev/program.js',
  'src/storm/workloads/mdev/run.js',
  'src/cli/storm_command.js',
  'src/torture/body.js',
])('%s', (entry) => {
  test('loads no checker', () => {
    const modules = loaded(entry)
    expect(modules.length).toBeGreaterThan(1)
    expect(checkers(modules)).toEqual([])
  })
})

test('tracepoints of the fast build are empty', () => {
  const text = readFileSync(join(dist, 'src/trace/trace.fast.js'), 'utf8')
  const bodies = [...text.matchAll(/^export function \w+\([^)]*\) \{(.*)\}?$/gm)].map(([, body = '']) =>
    body.replace(/\}$/, '').trim(),
  )
  expect(bodies.length).toBeGreaterThan(20)
  expect(bodies.filter((body) => body !== '' && !/^return (?:0|false);$/.test(body))).toEqual([])
})

test('the control: a program under detectors loads them', () => {
  expect(checkers(loaded('src/storm/watched_program.js'))).toContain('src/debug/lockdep/lockdep.js')
})
