import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Verdict } from '#lockstorm/explore/index'
import { modelNamed } from '#lockstorm/models/named'
import { modelsPage } from '#lockstorm/report/explore_matrix'

const page = readFileSync(join(import.meta.dirname, '../../docs/explore.md'), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| model') && !line.startsWith('| ---'))
  .map((line) => line.slice(2, -2).split(' | '))

// That the verdicts are what the table says is shown by test/checked/explore/models.test.ts.
test('docs/explore.md says of each model what is expected of it, and that it came so', async () => {
  expect(rows.length).toBeGreaterThan(50)
  for (const [name = '', verdict = '', expected] of rows) {
    // eslint-disable-next-line no-await-in-loop -- one loads what the next needs
    const { expect: kind = 'holds' } = await modelNamed(name)
    expect({ name, expected }).toEqual({ name, expected: kind })
    expect({ name, verdict: verdict.replace(/^holds,? .*/, 'holds') }).toEqual({ name, verdict: kind })
  }
})

test('a verdict that is not as expected is marked', () => {
  const coverage = [
    {
      search: 'dfs bound 2, cached',
      exhausted: true,
      executions: 7,
      redundant: 0,
      steps: 9,
      longest: 3,
      ms: 1,
    },
  ]
  const one: Verdict = { model: 'm', summary: 's', verdict: 'passed', expect: 'leak', ok: false, coverage }
  expect(modelsPage([one], 'here')).toContain('| m | holds, up to 2 preemptions exhausted (!) | leak | 7 |')
  expect(modelsPage([one], 'here')).toContain('1 not as expected')
})
