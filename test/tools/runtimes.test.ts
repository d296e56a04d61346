/** One cell of each axis of tools/check_runtimes.mjs, as far as the runtimes are there; the whole matrix is a long check. */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const tool = join(resolve(import.meta.dirname, '../..'), 'tools/check_runtimes.mjs')
const run = (...args: string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' })

test('exact sums in each runtime, built and bundled, or a line that says what is absent', () => {
  const cells = 'node/none,deno/rolldown,bun/rolldown,chromium/rolldown'
  const { status, stdout, stderr } = run(`--only=${cells}`)
  expect([status, stderr]).toEqual([0, ''])
  const lines = String(stdout)
    .split('\n')
    .filter(
      (line) => line.includes(': exact: 14 classes; explorer: lost wake-up;') || line.includes(': skipped, '),
    )
  expect(lines).toHaveLength(4)
  expect(lines[0] + lines[1]! + lines[2]! + lines[3]!).toContain(
    `node v${process.versions.node}, bundler none: exact`,
  )
}, 400_000)

test.each(['node', 'perl=perl', '--only=node', '--only=node/parcel'])(
  '%s is refused with what is accepted',
  (word) => {
    const { status, stderr } = run(word)
    expect(status).toBe(2)
    expect(String(stderr)).toMatch(/^check_runtimes: .* must be .*\n$/)
  },
)
