/** Ctrl-C: what was found so far is printed and written, and the exit code says that it is not all. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { interrupted } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 90_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const json = join(folder, 'run.json')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function written(): { readonly interrupted?: boolean; readonly [name: string]: unknown } {
  return JSON.parse(readFileSync(json, 'utf8')) as { interrupted?: boolean }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a torture test, which has then shown nothing',
  async (signal) => {
    const args = ['torture', 'mutex_lock', '--duration', '1h', '--json', json]
    const { code, stdout, stderr } = await interrupted(/Start of test/, signal, ...args)
    expect(code).toBe(130)
    expect(stdout).toContain('End of test: INTERRUPTED')
    expect(stdout).not.toContain('SUCCESS')
    expect(stderr).toMatch(/^lockstorm: ending after this step.*\nlockstorm: interrupted: .* s so far\n$/)
    expect(written()).toMatchObject({ interrupted: true, results: [{ type: 'mutex_lock' }] })
  },
)

test('a finding outweighs the interruption', async () => {
  const args = ['torture', 'lock_busted', '--duration', '1h', '--json', json]
  const { code } = await interrupted(/another writer was inside/, 'SIGINT', ...args)
  expect(code).toBe(1)
})

test('a search that is cut short is not judged, what went before is', async () => {
  const args = ['toy-srcu', 'ww-wound-wait-3', '--search', 'dpor', '--seconds', '3600', '--json', json]
  const { code, stdout } = await interrupted(/as expected/, 'SIGINT', 'explore', ...args)
  expect(code).toBe(130)
  expect(stdout).toMatch(/^toy-srcu: no failure in \d+ executions, exhausted/m)
  const { interrupted: cut, result } = written()
  expect(cut).toBe(true)
  expect((result as unknown[])[0]).toMatchObject({ model: 'toy-srcu', verdict: 'holds' })
})

test('of a scenario the strategies and runs that are there', async () => {
  const args = ['scenario', 'same-uuid', '--repeat', '100', '--json', json]
  const { code, stderr } = await interrupted(/^per-parent: .*as expected/, 'SIGINT', ...args)
  expect(code).toBe(130)
  expect(stderr).toMatch(/interrupted: \d of \d+ strategies/)
  const { interrupted: cut, result } = written()
  expect(cut).toBe(true)
  expect((result as unknown[]).length).toBeLessThan(8)
})

test('of a table the rows that are there', async () => {
  const args = [
    'litmus',
    'SB+plain',
    'MP',
    'LB',
    'IRIW',
    '--rounds',
    '1000000000',
    '--duration',
    '2s',
    '--json',
    json,
  ]
  const { code, stdout } = await interrupted(/SB\+plain/, 'SIGINT', ...args)
  expect(code).toBe(130)
  expect(stdout).toContain('forbidden outcomes seen: none')
  expect(written().interrupted).toBe(true)
})
