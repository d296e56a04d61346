/** What users bring: the examples run, and a file that is not as it should be is told so in one line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { strategyFrom, type StrategyRow } from '#lockstorm/define/strategy_shapes'
import { STRATEGIES } from '#lockstorm/mdev/strategies'
import { here } from './setup/cli.ts'

vi.setConfig({ testTimeout: 120_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const RACE = {
  name: "'mine'",
  title: "'t'",
  source: "'s'",
  symptom: "'s'",
  fix: "'f'",
  cpus: '[() => 0]',
  schedule: '[]',
}
const CHECKS = {
  check: '() => ({ happened: false })',
  expect: "() => ({ outcome: 'does not', seenBy: [], answers: ['ok'] })",
}
const SEAMS = { name: "'mine'", namespace: "'sharded'", gate: "'rwsem'", sequence: "'vendor_first'" }
const MODEL = { name: "'mine'", summary: "'s'", setup: '() => ({})', cpus: '[() => {}]' }

/** A file whose default export has these fields; the text as it is where it is none. */
function written(fields: Readonly<Record<string, string>> | string): string {
  const file = join(folder, `${readdirSync(folder).length}.mjs`)
  const text =
    typeof fields === 'string'
      ? fields
      : `export default { ${Object.entries(fields)
          .map(([name, code]) => `${name}: ${code}`)
          .join(', ')} }`
  writeFileSync(file, text)
  return file
}

test('the example of a race runs forced and free, under every strategy', async () => {
  const forced = await here('scenario', './examples/race.js')
  expect(forced.code).toBe(0)
  expect(forced.stdout.match(/: as expected$/gm)).toHaveLength(STRATEGIES.length)
  expect(forced.stdout).toContain('per-parent: does not (warning), answers EEXIST ok: as expected')
  const free = await here('scenario', './examples/race.js', '--stress', '5', '--strategy', 'srcu')
  expect(free.stdout).toContain('srcu: happened in 0 of 5 runs, 0 hung')
})

test('the example of models is explored, on real workers too', async () => {
  const { code, stdout } = await here('explore', './examples/model.js', '--jobs', '1')
  expect(code).toBe(0)
  expect(stdout).toContain('count-locked: no failure in ')
  expect(stdout).toContain('as expected: assertion')
  const [, replay = ''] = /replay '(count-unlocked@[^']+)'/.exec(stdout) ?? []
  const again = await here('explore', 'replay', replay, './examples/model.js', '--engine', 'threads')
  expect(again.stdout).toContain('Assertion at the end: an increment is lost')
  const witness = await here('explore', 'witness', './examples/model.js', '--schedules', '3')
  expect(witness.stdout).toContain('count-locked: 3 of 3 schedules are the same on real workers')
})

test('a point of a schedule to which nobody comes is told', async () => {
  const race = {
    ...RACE,
    ...CHECKS,
    schedule: "[{ cpu: 0, until: 'no_such:place' }, { cpu: 0, until: 'end' }]",
  }
  const file = written(race)
  const junit = join(folder, 'race.xml')
  for (const line of [[], ['--matrix']]) {
    const whole = await here('scenario', file, ...line, '--junit', junit)
    expect(whole.stdout).toContain("schedule[0]: CPU 0 never comes to 'no_such:place' under any strategy")
    expect(whole.code).toBe(1)
    expect(readFileSync(junit, 'utf8')).toMatch(/<testsuites [^>]*failures="1"/)
  }
  const one = await here('scenario', file, '--strategy', 'rwsem')
  expect(one.stdout).toContain("schedule[0]: CPU 0 never comes to 'no_such:place' here")
  const right = await here('scenario', './examples/race.js', '--strategy', 'rwsem')
  expect(right.stdout).not.toContain('never comes')
})

test('the example of a strategy storms beside ours, and races run under it', async () => {
  const plan = ['--vendor', 'none', '--rounds', '2', '--warmup', '0', '--cpus', '2', '--parents', '2']
  const storm = await here('storm', '--strategies', './examples/strategy.js,global', ...plan)
  expect(storm.code).toBe(0)
  expect(storm.stdout).toMatch(/^one-at-a-time .* ok$/m)
  const race = await here('scenario', 'problem-5', '--strategy', './examples/strategy.js')
  expect(race.stdout).toContain('one-at-a-time: does not, answers ENODEV ok: as expected')
})

test('the example of a workload runs, and its table has every operation', async () => {
  const { code, stdout } = await here(
    'storm',
    '--workload',
    './examples/workload.js',
    '--cpus',
    '2',
    '--duration',
    '200ms',
  )
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^sleeping .* transfer .*\n.* audit /m),
  })
  expect(stdout).toMatch(/^spinning: poor \d+$/m)
})

const GATE = {
  name: "'mine'",
  guarded: 'true',
  entersFirst: 'false',
  drains: 'true',
  opensAgain: 'false',
  refusesAtOnce: 'true',
  zeroIsGone: 'true',
  lockdepSees: "'never'",
  init: '() => 0',
  open: '() => {}',
  exit: '() => {}',
  begin_unregister: '() => {}',
  end_unregister: '() => {}',
  destroy: '() => {}',
}

/** The code of a gate with this function. */
function gateOf(try_enter: string, name = GATE.name): string {
  const fields = Object.entries({ ...GATE, name, try_enter }).map(([name, value]) => `${name}: ${value}`)
  return `{ ${fields.join(', ')} }`
}

test.each([
  ['() => -19', /^ {2}.*creates that made a device: 0 of \d+$/m],
  ["() => { throw new Error('in it') }", /a round never ended \(Error: in it \(\d+\.mjs:1\)\)/],
])('a gate that lets nobody in, or throws, is a finding: %s', async (code, told) => {
  // A process knows one strategy and one gate of a name.
  const name = `'mine-${readdirSync(folder).length}'`
  const file = written({ ...SEAMS, name, gate: gateOf(code, name) })
  const plan = ['--vendor', 'none', '--rounds', '2', '--warmup', '0', '--cpus', '2', '--parents', '2']
  const storm = await here('storm', '--strategies', file, ...plan)
  expect(storm).toMatchObject({ code: 1, stdout: expect.stringMatching(told) })
})

/** The function of the gate, as the core calls it. */
async function entering(code: string): Promise<() => unknown> {
  const file = written({ ...SEAMS, gate: gateOf(code) })
  const { default: row } = (await import(file)) as { readonly default: StrategyRow }
  const { gate } = strategyFrom(row)
  return () => gate.try_enter(1 as never)
}

test.each([
  ['async () => 0', 'gate.try_enter must block until it is done, and returned a promise'],
  ["() => 'no'", "gate.try_enter must answer a whole number, and it is the text 'no'"],
  ['() => {}', 'gate.try_enter must answer a whole number, and it is missing'],
])('a gate of a file is held to its kind: %s', async (code, why) => {
  expect(await entering(code)).toThrow(why)
})

test('a gate that answers as its kind does is what it was', async () => {
  expect((await entering('() => -19'))()).toBe(-19)
})

const WORKLOAD = { name: "'mine'", words: '2', contenders: '{ good: 0, bad: 1 }', names: '{ gate: 1 }' }

test.each([
  [
    'Atomics.add(w, 0, 1)',
    "(w, c) => (c === 1 ? ['never right'] : [])",
    /^ {2}bad: never right \(\d rounds\)$/m,
  ],
  ["if (c === 1) throw new Error('boom')", '() => []', /CPU \d threw: Error: boom \(\d+\.mjs:1\)\n +CPU 0/],
  ['if (c === 1) Atomics.wait(w, 1, 0)', '() => []', /waits for condition word 1 \(gate\)/],
  ['if (c === 1) throw null', '() => []', /CPU \d threw: Error: null/],
  [
    'if (c === 1) return Promise.reject(1)',
    '() => []',
    /CPU \d threw: TheirsBroke: op must block until it is done, and returned a promise/,
  ],
])(
  'an operation %s under a check %s is a finding, and the other contender goes on',
  async (code, check, told) => {
    const file = written({ ...WORKLOAD, operations: `{ op(w, by, c) { ${code} } }`, check })
    const run = await here('storm', '--workload', file, '--cpus', '2', '--duration', '80ms')
    expect(run.code).toBe(1)
    expect(run.stdout).toMatch(told)
    expect(run.stdout).toMatch(/^good +[1-9]/m)
  },
)

test.each([
  [
    'is missing',
    'scenario',
    { ...RACE, check: CHECKS.check },
    'expect: expected a function, and it is missing',
  ],
  [
    'is empty',
    'scenario',
    { ...RACE, ...CHECKS, cpus: '[]' },
    'cpus: expected an array of 1 to 16 functions, one per CPU, and it is an empty array',
  ],
  [
    'is unknown',
    'scenario',
    { ...RACE, ...CHECKS, chek: '1' },
    'chek: a race has no such field; it has name,',
  ],
  [
    'is of ours',
    'scenario',
    { ...RACE, ...CHECKS, name: "'problem-5'" },
    "name: expected a name of its own, and there is a race 'problem-5' already",
  ],
  [
    'answers nonsense',
    'scenario',
    { ...RACE, ...CHECKS, expect: "() => 'ok'" },
    "expect under per-parent: expected a cell, and it is the text 'ok'",
  ],
  [
    'is of ours as well',
    'storm',
    { ...SEAMS, name: "'rwsem'" },
    "name: expected a name of its own, and there is a strategy 'rwsem' already",
  ],
  ['has a wrong type', 'explore', { ...MODEL, setup: '5' }, 'setup: expected a function, and it is 5'],
  ['names no outcome', 'explore', { ...MODEL, expect: "'boom'" }, 'expect: expected one of passed,'],
  [
    'names no namespace',
    'storm',
    { ...SEAMS, namespace: "'nowhere'" },
    'namespace: expected one of per_parent, global,',
  ],
  [
    'is half a gate',
    'storm',
    { ...SEAMS, gate: "{ name: 'g', guarded: 1 }" },
    'gate.guarded: expected true or false, and it is 1',
  ],
  [
    'is no default export',
    'scenario',
    'export const a = 1',
    'default: expected a race, and there is no default export',
  ],
  ['', 'scenario', "throw new Error('boom')", 'it throws at import: Error: boom'],
  ['', 'explore', 'process.exit(0)', 'it ends its thread at import'],
  [
    '',
    'explore',
    "import 'lockstorm/define'",
    'it imports lockstorm, which is not installed where the file lies',
  ],
])('a field that %s, or a file like it, is bad usage of %s', async (_, command, fields, why) => {
  const file = written(fields)
  const words = command === 'storm' ? ['--strategies', file] : [file]
  const { code, stdout, stderr } = await here(command, ...words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`lockstorm: ${file}: ${why}`)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('a file that is not there is bad usage', async () => {
  const { code, stderr } = await here('explore', './no/such.js')
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'lockstorm: ./no/such.js: there is no such file\n' })
})

test.each([
  [
    'scenario',
    { ...RACE, ...CHECKS, cpus: '[() => null.x]' },
    /^lockstorm: mine under rwsem, race on CPU 0: TypeError: .* \(\d+\.mjs:1\)$/,
  ],
  [
    'scenario',
    { ...RACE, ...CHECKS, check: '() => 5' },
    /the answer of check: expected a finding \{ happened \}, and it is 5/,
  ],
  [
    'scenario',
    { ...RACE, ...CHECKS, cpus: '[async () => 0]' },
    /^lockstorm: mine under rwsem, race on CPU 0: TheirsBroke: cpus\[0\] must block until it is done, and returned a promise/,
  ],
  [
    'explore',
    { ...MODEL, setup: "() => { throw new Error('no room') }" },
    /^lockstorm: model mine: Error: no room \(\d+\.mjs:1\)$/,
  ],
])('what the code of a file does wrong is a finding of %s, in one line', async (command, fields, told) => {
  const strategy = command === 'scenario' ? ['--strategy', 'rwsem'] : []
  const { code, stderr } = await here(command, written(fields), ...strategy)
  expect(code).toBe(1)
  expect(stderr.trim()).toMatch(told)
})

test.each([
  [{ finish: '() => false' }, 'finish must throw where something does not hold, and returned false'],
  [{ finish: 'async () => {}' }, 'finish must block until it is done, and returned a promise'],
  [{ cpus: '[async () => {}, () => {}]' }, 'cpus[0] must block until it is done, and returned a promise'],
])('a model whose function says nothing, %o, is no model that holds', async (fields, told) => {
  const { code, stdout, stderr } = await here('explore', written({ ...MODEL, ...fields }))
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toContain(told)
})
