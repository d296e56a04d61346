/** Locks of a user's own: the right one holds, the wrong ones are found, and whatever they do the tool comes to its end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { here, lockstorm, type Ended } from './setup/cli.ts'

// Each of them starts programs that explore, measure and torture, several at once: minutes on a busy machine.
vi.setConfig({ testTimeout: 400_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

let files = 0
function written(text: string): string {
  const file = join(folder, `${files++}.mjs`)
  writeFileSync(file, text)
  return file
}

/** A right lock, in which some functions are others. */
function lock(others: string): string {
  return written(`export default { name: 'mine', words: 1,
  lock(view) { let s = Atomics.compareExchange(view, 0, 0, 1)
    while (s !== 0) { Atomics.wait(view, 0, 1); s = Atomics.compareExchange(view, 0, 0, 1) } },
  unlock(view) { Atomics.store(view, 0, 0); Atomics.notify(view, 0) },
  ${others} }`)
}

/** Tortures a wrong lock until what is wrong was seen: on a busy computer its threads may not meet at once. */
async function tortured(file: string, told: RegExp, seconds: number, ...more: string[]): Promise<Ended> {
  for (let tries = 0; ; tries++) {
    const end = await lockstorm('torture', file, '--duration', `${seconds * 4 ** tries}s`, ...more)
    if (told.test(end.stdout) || tries === 3) return end
  }
}

describe.concurrent('a lock of a file', () => {
  test('holds under torture and in every interleaving', async () => {
    const torture = await lockstorm('torture', './examples/lock.js', '--duration', '500ms')
    expect(torture).toMatchObject({ code: 0 })
    expect(torture.stdout).toMatch(/^sleeping-torture:--- End of test: SUCCESS/m)
    expect(torture.stdout).toMatch(
      /^sleeping-torture:--- Dead owner: .* tryLock gives up, lockFor gives up, lock still waits after 1 s$/m,
    )
    const explore = await lockstorm('explore', './examples/lock.js')
    expect(explore.stdout.match(/^sleeping-\S+: no failure in .* executions/gm)).toHaveLength(4)
    expect(explore.code).toBe(0)
  })

  test('that takes its functions out of Atomics is explored all the same', async () => {
    const file = written(`const { compareExchange, notify, store, wait } = Atomics
      export default { name: 'taken', words: 1,
        lock(view) { while (compareExchange(view, 0, 0, 1) !== 0) wait(view, 0, 1) },
        unlock(view) { store(view, 0, 0); notify(view, 0, 1) } }`)
    const right = await lockstorm('explore', file)
    expect(right.stdout).toMatch(/^taken-2: no failure in \d+ executions, exhausted/m)
    const wrong = await lockstorm(
      'explore',
      written(`const { load, store } = Atomics
      export default { name: 'taken', words: 1,
        lock(view) { while (load(view, 0) !== 0) Atomics.pause?.(); store(view, 0, 1) },
        unlock(view) { store(view, 0, 0) } }`),
    )
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toMatch(/Atomics\.store\(lock, 1\)/)
  })

  test('of a package that is not installed is told so in one line', async () => {
    const { code, stderr } = await lockstorm('torture', './examples/atomics-sync.js', '--duration', '1s')
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^lockstorm: .*atomics-sync is not installed: npm install atomics-sync \(atomics-sync\.js:\d+\)\n$/,
    )
  })

  test('of the package multithreading holds, or one line says that it does not load', async () => {
    const line = ['./examples/multithreading.js', '--duration', '1s']
    const { code, stdout, stderr } = await lockstorm('torture', ...line)
    const ends = stdout.match(/End of test: SUCCESS/g)?.length ?? 0
    const [refused = ''] =
      /^lockstorm: .*multithreading needs Node 21 or newer, and this is Node \S+ \(multithreading\.js:\d+\)\n$/.exec(
        stderr,
      ) ?? []
    const loads = 'navigator' in globalThis
    expect({ code, ends, refused: refused !== '' }).toEqual({
      code: loads ? 0 : 2,
      ends: loads ? 3 : 0,
      refused: !loads,
    })
  })

  test('is measured alone, contended, shared and blocked, beside bare Atomics and ours', async () => {
    const file = lock('')
    const whole = written(`import lock from ${JSON.stringify(file)}\nexport default { ...lock, name: 'whole',
      lockShared: (view, me) => lock.lock(view, me), unlockShared: (view, me) => lock.unlock(view, me) }`)
    const { code, stdout } = await lockstorm('bench', whole, '--quick')
    expect(code).toBe(0)
    const rows = stdout
      .match(/^(?:whole|fairness|blocked)\.\S+ +\S.*$/gm)
      ?.map((row) => row.split(/ {2,}/).slice(0, 2))
    expect(rows).toEqual(
      expect.arrayContaining([
        ['whole.lock+unlock/w=1', 'bare Atomics: compareExchange, compareExchange'],
        ['whole.lock+unlock/w=1', 'whole'],
        ['whole.lock+unlock/w=2,hold=200ns', 'lockstorm mutex'],
        ['whole.lockShared+unlockShared/w=2', 'whole'],
        ['fairness.whole/w=2,hold=200ns', 'whole'],
        ['blocked.whole/w=2', 'whole'],
      ]),
    )
  })

  // Every other stage at which one may fail: test/bench/contender.test.ts.
  test('that ends its thread is left out of the bench with its reason, and the others go on', async () => {
    const { code, stdout } = await lockstorm('bench', lock('lock() { process.exit(7) }'), '--quick')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^left out: mine failed in .*: worker \d exited with code 7$/m)
    expect(stdout).toMatch(/^mine\.lock\+unlock\/w=1 +lockstorm mutex/m)
    // Once: what has failed is not started again.
    expect(stdout.match(/^left out: mine /gm)).toHaveLength(1)
  })

  test('that loses a wake-up is found by both, and the schedule can be run again', async () => {
    const file = './examples/lost_wakeup.js'
    const report = join(folder, 'lost.json')
    const lost = /WARNING: lost wake-up: thread \d/
    const torture = await tortured(file, lost, 3, '--json', report)
    expect(torture.code).toBe(1)
    expect(torture.stdout).toMatch(lost)
    expect(torture.stdout).toMatch(/^ {2}writer \d is in lock, asleep on word 0$/m)
    const explore = await lockstorm('explore', './examples/lost_wakeup.js')
    expect(explore.code).toBe(1)
    const [, replay = ''] = /lost wake-up in execution .*replay '([^']+)'/.exec(explore.stdout) ?? []
    const again = await lockstorm('explore', 'replay', replay, './examples/lost_wakeup.js')
    expect(again.code).toBe(1)
    expect(again.stdout).toContain('nobody is left to wake it')
    // What the threads did last is in the report, and the explorer can begin there; the verdict is the same.
    const near = await lockstorm('explore', file, '--near', report)
    expect(near.code).toBe(1)
    expect(near.stdout).toMatch(/^near .*: (forgetful fails|no failure), \d+ executions? of [12] programs?$/m)
    expect(near.stdout).toMatch(/^forgetful-3: lost wake-up in execution /m)
  })

  test.each([
    ['lets two in', 'lock() {}', /exclusion: a thread had the lock, and another was inside/, /data race/],
    [
      'corrupts memory',
      'unlock(view) { Atomics.store(view, 3, 7); Atomics.store(view, 0, 0); Atomics.notify(view, 0) }',
      /corruption: the lock has 1 word, and word 3 of its view, which is not its own, was written: it is 7/,
      /word 3, which is behind the lock, was written: it is 7/,
    ],
    [
      'throws',
      'lock() { null.x }',
      /thread \d threw: TypeError: .* \(\d+\.mjs:\d+\)/,
      /Assertion on cpu-0: Cannot read properties of null/,
    ],
    [
      'ends its thread',
      'lock() { process.exit(0) }',
      /thread \d was ended by the code of the lock/,
      /the code of the lock has ended its thread/,
    ],
    [
      'deadlocks',
      'recursive: true',
      /deadlock: thread .* for ever[^]*asleep on word 0[^]*thread \d is inside/,
      /Deadlock: cpu-0/,
    ],
    [
      'returns a promise',
      'async lock() {}',
      /WrongAnswer: lock must block until it is done, and returned a promise/,
      /^lockstorm: lock mine: lock returns a promise, .* exploreAsync and mustHoldAsync .*\n$/,
    ],
    [
      'answers no boolean',
      'tryLock() {}',
      /WrongAnswer: tryLock must return true or false, and returned undefined/,
      /tryLock must return true or false, and returned undefined/,
    ],
  ])('that %s is found by both', async (_, others, told, explored) => {
    const rc = others.startsWith('async') ? 2 : 1
    const file = lock(others)
    const torture = await tortured(file, told, 0.3)
    expect(torture.stdout).toMatch(told)
    expect(torture.code).toBe(1)
    const explore = await lockstorm('explore', file, '--executions', '1000')
    expect(rc === 1 ? explore.stdout : explore.stderr).toMatch(explored)
    expect(explore.code).toBe(rc)
  })

  test('that never returns is reported by both, with who waits for what', async () => {
    const file = lock('lock() { for (;;); }')
    const torture = await lockstorm('torture', file, '--duration', '1s', '--nwriters_stress', '2')
    expect(torture.stdout).toMatch(
      /nothing has moved for 5 s\n {2}writer 0 is in lock, awake: it spins.*\n.*\n.*nobody has held the lock yet/,
    )
    expect(torture.code).toBe(1)
    const explore = await lockstorm('explore', file, '--duration', '500ms')
    expect(explore.stdout).toMatch(/mine-2: cannot be judged: a body never comes to an end/)
    expect(explore.code).toBe(1)
  })

  test('that ignores its time-out is found when its owner has ended', async () => {
    const { code, stdout } = await lockstorm(
      'torture',
      lock('lockFor(view, me) { this.lock(view, me); return true }'),
      '--duration',
      '200ms',
    )
    expect(stdout).toMatch(/^WARNING: lockFor ignores its time-out: given 50 ms, it still waits after 5 s$/m)
    expect(stdout).toMatch(/^mine-torture:--- End of test: FAILURE/m)
    expect(code).toBe(1)
  })

  test('that leaves a promise rejected is found', async () => {
    const once = "if (!this.left) { this.left = true; Promise.reject(new Error('later')) }"
    const file = lock(`unlock(view) { ${once} Atomics.store(view, 0, 0); Atomics.notify(view, 0) }`)
    const told = /left something that nobody handles: Error: later \(\d+\.mjs:\d+\)$/m
    const torture = await lockstorm('torture', file, '--duration', '200ms')
    expect(torture.stdout).toMatch(told)
    expect(torture.code).toBe(1)
    const explore = await lockstorm('explore', file, '--executions', '20')
    expect(explore.stdout.replaceAll(/\n +/g, ' ')).toMatch(told)
    expect(explore.code).toBe(1)
  })

  test('whose file throws later is told, and no failure of the tool', async () => {
    const file = lock(
      `lock() {} }; setTimeout(() => { throw new Error('much later') }, 300); const other = {`,
    )
    const { code, stderr } = await lockstorm('torture', file, '--duration', '1h')
    expect(stderr).toMatch(
      /^lockstorm: \d+\.mjs: it left something that nobody handles: Error: much later \(\d+\.mjs:\d+\)$/m,
    )
    expect(code).toBe(1)
  })

  test('whose file ends the process is told so, and what it prints is no result', async () => {
    const file = lock(
      `lock() {} }; console.log('noise'); setTimeout(() => process.exit(0), 300); const other = {`,
    )
    const { code, stdout, stderr } = await lockstorm('torture', file, '--duration', '1h', '--json', '-')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^noise$/m)
    expect(stderr).toMatch(/^lockstorm: .*\.mjs: it ends the process before the run is over$/m)
  })

  test('that polls without a pause is not judged by the explorer, and what its file has left does not keep it', async () => {
    const file = lock(
      'lock(view) { while (Atomics.exchange(view, 0, 1) !== 0); } }; setInterval(() => {}, 1000); const other = {',
    )
    const { code, stdout } = await lockstorm('explore', file)
    expect(stdout).toMatch(/cannot be judged: a loop of it goes round and round/)
    expect(code).toBe(1)
  })

  test('under detectors is bad usage: they see only what uses lockstorm', async () => {
    const { code, stderr } = await lockstorm('torture', './examples/lock.js', '--lockdep')
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
  })
})

describe('the file of a lock', () => {
  test.each([
    [
      'lacks a field',
      'torture',
      "export default { name: 'm', words: 1, lock() {} }",
      'unlock: expected a function, and it is missing',
    ],
    [
      'has a wrong type',
      'torture',
      "export default { name: 'm', words: 'one', lock() {}, unlock() {} }",
      "words: expected a whole number from 1 to 4096, and it is the text 'one'",
    ],
    [
      'shares by half',
      'explore',
      "export default { name: 'm', words: 1, lock() {}, unlock() {}, lockShared() {} }",
      'unlockShared: expected a function, as there is lockShared, and it is missing',
    ],
    [
      'is something else',
      'explore',
      'export default 42',
      'default: expected a lock or a model, or several, and it is 42',
    ],
    ['throws at import', 'explore', "throw new Error('boom')", 'it throws at import: Error: boom'],
    ['throws a text', 'torture', "throw 'boom'", 'it throws at import: boom'],
    ['throws lines', 'torture', "throw new Error('a\\nb')", 'it throws at import: Error: a'],
    [
      'leaves a promise rejected',
      'explore',
      "Promise.reject(new Error('boom'))\nexport default { name: 'm', words: 1, lock() {}, unlock() {} }",
      'it leaves a promise rejected at import: Error: boom',
    ],
  ])('that %s is bad usage of %s', async (_, command, text, why) => {
    const file = written(text)
    const { code, stdout, stderr } = await here(command, file)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`lockstorm: ${file}: ${why}`)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('that is CommonJS and throws says where in the file', async () => {
    const file = join(folder, 'common.cjs')
    writeFileSync(file, "\nthrow new Error('boom')")
    const { stderr } = await here('torture', file)
    expect(stderr).toBe(`lockstorm: ${file}: it throws at import: Error: boom (common.cjs:2)\n`)
  })

  test('may be TypeScript where Node loads that, and says so where it does not', async () => {
    const file = join(folder, 'typed.ts')
    writeFileSync(
      file,
      'export default { name: "typed", words: 1, lock(_: Int32Array): void {}, unlock() {} } as const',
    )
    const { stderr } = await here('explore', file, '--executions', '1')
    const loads = 'typescript' in process.features && process.features.typescript !== false
    expect(stderr).toMatch(
      loads
        ? /^$/
        : /typed\.ts: TypeScript is loaded by Node 22\.18 and newer, and this is Node [\d.]+: compile/,
    )
  })
})
