// The tests of test262 for Atomics, with the explorer's globals in place: those of one agent, and those with agents, whose agents are
// bodies. FOLDER is a clone of github.com/tc39/test262, which is not part of this project.
//
//   node tools/test262.mjs FOLDER                    what passes, by operation and view, and why the rest does not
//   node tools/test262.mjs FOLDER wait/              only the tests whose path has this in it, with the ladders of failures
//   node tools/test262.mjs FOLDER --write PAGE       the same into a page
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'

const TESTS = 'test/built-ins/Atomics'
const [folder, ...words] = process.argv.slice(2)
if (folder === undefined) {
  console.error('test262: name the folder of a clone of github.com/tc39/test262')
  process.exit(2)
}
const page = words[0] === '--write' ? words[1] : undefined
const pattern = page === undefined ? (words[0] ?? '') : ''

build()
const { runTest } = await import('./test262/run.mjs')
// What a survey leaves behind fails when nobody looks any more.
process.on('unhandledRejection', () => {})

const paths = readdirSync(join(folder, TESTS), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.js') && `${TESTS}/${path}`.includes(pattern))
  .toSorted((a, b) => (a < b ? -1 : 1))
const cases = []
for (const path of paths) {
  for (const one of await runTest(folder, join(TESTS, path))) {
    cases.push({ path, operation: path.includes('/') ? path.split('/')[0] : 'the object', ...one })
    if (pattern !== '')
      console.log(
        `${one.result} ${path} ${one.view} ${one.reason ?? `${one.executions} executions${one.all ? ', all' : ''}`}`,
      )
    if (pattern !== '' && one.ladder !== undefined) console.log(one.ladder.join('\n'))
  }
}

function table() {
  const views = [...new Set(cases.map(({ view }) => view))].toSorted((a, b) => (a < b ? -1 : 1))
  const operations = [...new Set(cases.map(({ operation }) => operation))]
  const cell = (some) =>
    some.length === 0 ? '' : `${some.filter(({ result }) => result === 'passed').length} of ${some.length}`
  const row = (operation) => {
    const mine = cases.filter((one) => one.operation === operation)
    return [operation, ...views.map((view) => cell(mine.filter((one) => one.view === view))), cell(mine)]
  }
  const all = ['all', ...views.map((view) => cell(cases.filter((one) => one.view === view))), cell(cases)]
  const head = ['operation', ...views, 'all']
  return [head, head.map(() => '---'), ...operations.map(row), all].map((cells) => `| ${cells.join(' | ')} |`)
}

function rest() {
  const others = cases.filter(({ result }) => result !== 'passed')
  return others.map(
    ({ path, view, result, reason }) =>
      `| ${path} | ${view} | ${result} | ${reason.replaceAll('|', '\\|')} |`,
  )
}

function passed() {
  const good = cases.filter(({ result }) => result === 'passed')
  return [...new Set(good.map(({ path }) => path))].map((path) => {
    const some = good.filter((one) => one.path === path)
    const executions = some.reduce((sum, one) => sum + one.executions, 0)
    return `- ${path}: ${some.map(({ view }) => view).join(', ')}; ${executions}${some.every(({ all }) => all) ? '' : ', not all'}`
  })
}

const tests = new Set(cases.map(({ path }) => path)).size
const count = (result) => cases.filter((one) => one.result === result).length
const line = `${tests} tests, ${cases.length} cases: ${count('passed')} passed, ${count('refused')} refused, ${count('rests on time')} rest on time, ${count('fails')} fail, ${count('not here')} are about what Node ${process.versions.node} has not or need not`
const text = [
  '## By operation and view',
  '',
  ...table(),
  '',
  '## Not passed',
  '',
  '| test | view | result | reason |',
  '| --- | --- | --- | --- |',
  ...rest(),
]
if (pattern === '') console.log([line, '', ...text].join('\n'))
else console.log(line)
if (page !== undefined) {
  const head = [
    '# test262: Atomics as the explorer has it',
    '',
    `\`node tools/test262.mjs FOLDER --write ${page}\` writes this page. Each test of test262's \`built-ins/Atomics\` runs as a body, each agent that`,
    'it starts as a further one, and a case is a test with one kind of view. Loops that poll are given an `Atomics.pause`, and a sleep ends when',
    'nothing else can run. A number after a test is that of the executions; `not all`: the budget ended before all had been seen.',
    '',
    line + '.',
    '',
  ]
  writeFileSync(page, [...head, ...text, '', '## Passed', '', ...passed(), ''].join('\n'))
}
process.exit(count('fails') > 0 ? 1 : 0)
