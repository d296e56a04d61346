import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { here } from '../setup/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const define = resolve(import.meta.dirname, '../../dist/src/define/index.js')
const kit = resolve(import.meta.dirname, '../../dist/src/races/kit/index.js')

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A token goes to and fro: no schedule of one preemption shows that it comes to 4. `waits`: until it has come, so it always does. */
function raceFile(name: string, waits: boolean): string {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(
    file,
    `
    import { END, defineRace, prevented, step } from '${define}'
    import { READ_ONCE, WRITE_ONCE, cpu_relax, read, trace_point } from '${kit}'
    const hands = (own) => (words) => {
      for (let i = own; i < 4; i += 2) {
        trace_point('looks')
        ${waits ? 'while (READ_ONCE(words) !== i) cpu_relax()' : 'if (READ_ONCE(words) !== i) return 0'}
        WRITE_ONCE(words, i + 1)
      }
      return 0
    }
    export default defineRace({
      name: '${name}',
      title: 'a token goes to and fro',
      source: 'a test',
      symptom: 'four',
      fix: 'none',
      cpus: [hands(0), hands(1)],
      schedule: [step(1, 'looks'), step(0, 'looks'), step(0, 'looks'), step(1, 'looks'), step(0, END), step(1, END)],
      check: ({ words }) => ({ happened: read(words) === 4 }),
      expect: () => prevented('ok ok'),
    })`,
  )
  return file
}

async function run(...words: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await here('scenario', ...words)
  return { code: code ?? -1, out: `${stdout}${stderr}`.replaceAll(/\n +/g, ' ') }
}

const RWSEM = ['--strategy', 'rwsem'] as const

test('what a forced run has shown, a search near it finds at once, and one without it does not', async () => {
  const file = raceFile('to-and-fro', false)
  const report = join(folder, 'forced.json')
  expect((await run(file, ...RWSEM, '--json', report)).out).toContain('rwsem: happens')
  const { result } = JSON.parse(readFileSync(report, 'utf8')) as { result: { order: string[] }[] }
  expect(result[0]?.order.every((line) => /^[01] \d+$/.test(line))).toBe(true)
  const near = await run(file, ...RWSEM, '--explore', '--near', report)
  expect(near.out).toContain(`rwsem: near ${report}: assertion in execution 1, 1 execution`)
  expect(near.out).toContain('the race happens')
  expect(near.code).toBe(1)
  const without = await run(file, ...RWSEM, '--explore')
  expect(without.out).toContain('up to 1 preemption exhausted')
})

test('what free runs have shown, they show again for the report', async () => {
  const file = raceFile('always', true)
  const report = join(folder, 'free.json')
  const free = await run(file, ...RWSEM, '--stress', '2', '--json', report)
  expect(free.out).toContain('rwsem: it came again after 1 run of the checked build')
  const near = await run(file, ...RWSEM, '--explore', '--near', report)
  expect(near.out).toContain(`rwsem: near ${report}: assertion in execution`)
})

test('a report that has nothing to say of the race is refused', async () => {
  const file = raceFile('other', false)
  const report = join(folder, 'forced.json')
  const refused = await run(file, ...RWSEM, '--explore', '--near', report)
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.out).toContain('it is about to-and-fro, and the race is other')
  const elsewhere = await run(
    raceFile('to-and-fro', false),
    '--strategy',
    'srcu',
    '--explore',
    '--near',
    report,
  )
  expect(elsewhere).toMatchObject({ code: 2 })
  expect(elsewhere.out).toContain('no order of events of to-and-fro under srcu')
  const wrong = join(folder, 'wrong.json')
  writeFileSync(wrong, readFileSync(report, 'utf8').replace(/"[01] \d+"/, '"7 1"'))
  expect((await run(raceFile('to-and-fro', false), ...RWSEM, '--explore', '--near', wrong)).out).toContain(
    `its line "7 1" is not of the form '1 12'`,
  )
})
