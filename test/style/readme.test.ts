/** The first screen of the README: its programs run, and come to what stands below them. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
const [locks = '', explores = ''] = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

const run = (code: string): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' })

test('three lines are a lock', () => {
  const { stdout, stderr } = run(`${locks}\nconsole.log(counter[0])`)
  expect([stdout, stderr, locks.trim().split('\n').length]).toEqual(['1\n', '', 3])
})

test('three lines are the explorer, and it throws what is drawn', () => {
  const drawn = /It throws.*?```\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const squeezed = (text: string): string[] =>
    text.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))
  const { stderr } = run(explores)
  // Where a line of the program is, is left out there.
  const told = squeezed(String(stderr)).map((line) => line.replace(/ \S+:\d+$/, ''))
  const first = told.findIndex((line) => line.startsWith('cpu-0'))
  expect(told.slice(first, first + drawn.trim().split('\n').length)).toEqual(squeezed(drawn.trim()))
  expect(explores.trim().split('\n')).toHaveLength(3)
})
