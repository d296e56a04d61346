/**
 * What is started often loads little: each module costs a millisecond, in every process and in every thread.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const dist = resolve(import.meta.dirname, '../../dist')
const IMPORT = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"]/gm

/** Files that are loaded with it, by way of others too; what is imported when it is needed does not count. */
function loadedWith(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  const path = resolve(dist, file)
  if (seen.has(path) || !existsSync(path)) return seen
  seen.add(path)
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(IMPORT))
    loadedWith(resolve(dirname(path), name), seen)
  return seen
}

const KERNEL = ['kernel', 'mdev', 'vfio', 'drivers', 'races', 'scenarios', 'models'].map(
  (folder) => `src/${folder}/`,
)
const kernelOf = (file: string): string[] =>
  [...loadedWith(file)]
    .map((path) => relative(dist, path))
    .filter((path) => KERNEL.some((folder) => path.startsWith(folder)))

/** Commands whose flags name strategies, drivers or races. */
const OF_THE_KERNEL = ['lockdep', 'mount', 'scenario', 'shell', 'storm', 'conformance']
const commands = readdirSync(resolve(dist, 'src/cli/commands'))
  .filter((name) => name.endsWith('.js') && !OF_THE_KERNEL.includes(name.slice(0, -3)))
  .map((name) => `src/cli/commands/${name}`)

test.each([
  'workers/own_lock.js',
  'workers/own_dead.js',
  'workers/probe_file.js',
  'workers/explore_lock.js',
  'workers/cpu.js',
  'src/cli/main.js',
  'src/cli/report_command.js',
  ...commands,
])('%s loads no kernel', (file) => {
  expect(kernelOf(file)).toEqual([])
})

test('the control: what loads it is seen', () => {
  expect(kernelOf('workers/scenario.js').length).toBeGreaterThan(100)
})
