/**
 * tools/mutate.mjs on a small tree of its own, with mutants that are planted: what it says of each is what is so.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { mutants } from '../mutants/index.ts'
import { misfits, tryAll } from '../../tools/mutate_run.mjs'
import type { Mutant, Oracle } from '../mutants/mutant.ts'

const root = resolve(import.meta.dirname, '../..')
const tree = mkdtempSync(join(tmpdir(), 'lockstorm-planted-'))
const SOURCE = `export const limit: number = 3
for (let i = 0; i < limit; i++);
process.exit(limit === 3 ? 0 : 1)
`

/** A tree of one source, which is its own check: it ends with 1 unless the limit is 3. */
function plant(): void {
  mkdirSync(join(tree, 'src'))
  writeFileSync(join(tree, 'src/check.ts'), SOURCE)
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(root, file), join(tree, file))
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
}
plant()
afterAll(() => {
  rmSync(tree, { recursive: true })
})

const check: Oracle = {
  kind: 'test',
  label: 'check',
  argv: ['dist/src/check.js'],
  seen: [1],
  limitS: 30,
  hangs: false,
}

function mutant(name: string, find: string, replace: string, more: Partial<Mutant> = {}): Mutant {
  return { name, file: 'src/check.ts', find, replace, breaks: 'It is planted.', oracle: check, ...more }
}

const CAUGHT = mutant('caught', 'number = 3', 'number = 4')
const SURVIVOR = mutant('survivor', 'i < limit', 'i <= limit')

test('every mutant applies to the sources as they are, and no two have one name', () => {
  expect(misfits(root, mutants)).toEqual([])
  const names = mutants.map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  expect(mutants.length).toBeGreaterThanOrEqual(80)
})

test('a mutant whose snippet is gone, is there twice, or whose file is gone says so', () => {
  const lines = misfits(tree, [
    CAUGHT,
    mutant('gone', 'number = 5', 'number = 4'),
    mutant('twice', 'limit', 'bound'),
    mutant('moved', 'number = 3', 'number = 4', { file: 'src/old.ts' }),
    mutant('second', 'number = 3', 'number = 4', { also: [{ find: 'nothing like it', replace: '' }] }),
  ])
  expect(lines).toEqual([
    'mutant gone does not apply: the snippet occurs nowhere in src/check.ts; mend it',
    'mutant twice does not apply: the snippet occurs 3 times in src/check.ts; mend it',
    'mutant moved does not apply: src/old.ts is gone; mend it',
    'mutant second does not apply: the snippet occurs nowhere in src/check.ts; mend it',
  ])
})

test('a survivor, a hang, a mutant that does not compile and an oracle that sees nothing are told from what is caught', async () => {
  const quick = { ...check, limitS: 2 }
  const hang = mutant('hang', 'i++)', ')', { oracle: { ...quick, hangs: true } })
  const late = mutant('late', 'i++)', ')', { oracle: { ...quick, argv: ['dist/src/check.js', 'late'] } })
  const results = await tryAll(
    tree,
    [
      CAUGHT,
      SURVIVOR,
      mutant('both', 'number = 3', 'number = 4', { also: [{ find: '=== 3', replace: '=== 4' }] }),
      hang,
      late,
      mutant('broken', 'number = 3', "number = 'three'"),
      mutant('crash', 'limit === 3 ? 0 : 1', 'limit + 4'),
      mutant('blind', 'number = 3', 'number = 4', { oracle: { ...check, argv: ['dist/src/none.js'] } }),
      mutant('same', 'i < limit', 'i !== limit', { oracle: { equivalent: 'It counts up from 0 by 1.' } }),
    ],
    { jobs: 1 },
  )
  const verdicts = Object.fromEntries(results.map((result) => [result.mutant.name, result.verdict]))
  expect(verdicts).toMatchObject({
    caught: 'caught',
    survivor: 'survived',
    both: 'survived',
    hang: 'caught',
    late: 'no end within 2 s',
    same: 'equivalent',
  })
  expect(verdicts['broken']).toMatch(/^does not compile: src\/check.ts\(1,14\): error TS2322/)
  expect(verdicts['crash']).toMatch(/^the oracle broke \(exit code 7\)/)
  expect(verdicts['blind']).toMatch(/^without the mutant its oracle ends with exit code 1/)
}, 300_000)
