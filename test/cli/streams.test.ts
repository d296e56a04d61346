/** Where results go, and what is kept where they cannot be written. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Progress } from '#lockstorm/cli/progress'

vi.setConfig({ testTimeout: 120_000 })
const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-streams-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Runs the command line in a shell, with what follows it there: `> file`, `| head`. */
function shell(line: string, then: string): { code: number | null; out: string; err: string } {
  const script = `'${process.execPath}' '${main}' ${line} ${then}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '100' },
  })
  return { code: status, out: stdout, err: stderr }
}

function schemaOf(text: string): string {
  return (JSON.parse(text) as { schema: string }).schema
}

describe('--json -', () => {
  test.each([
    ['lockdep devlink', /circular locking/],
    ['torture --list', /^mutex_lock /m],
    ['explore', /^mutex /m],
    ['scenario', /^problem-5 /m],
    ['litmus --list', /^SB/m],
    ['selftest', /testcases passed/],
    [
      'storm --strategies global --parents 2 --devices 2 --cpus 2 --warmup 0 --rounds 1 --vendor none',
      /wall ms/,
    ],
  ])('%s: JSON on stdout, tables on stderr, no file', (line, table) => {
    const { out, err } = shell(line, '--json -')
    expect(schemaOf(out)).toMatch(/^lockstorm\//)
    expect(err).toMatch(table)
    expect(existsSync(join(folder, '-'))).toBe(false)
  })
})

describe.skipIf(!existsSync('/dev/full'))(
  'what cannot be written is named, the rest is kept, and the exit code is 3',
  () => {
    test.each(['torture --list', 'lockdep devlink', 'explore', 'explore lost-wakeup --jobs 1'])(
      '%s --json /dev/full',
      (line) => {
        const { code, out, err } = shell(line, '--json /dev/full')
        expect(out.split('\n').length).toBeGreaterThan(3)
        expect({ code, err }).toEqual({
          code: 3,
          err: expect.stringContaining('cannot write /dev/full: ENOSPC'),
        })
      },
    )

    test('a full disk under stdout: what was meant for it goes to stderr, the JSON is kept', () => {
      const { code, err } = shell('torture --list', '--json full.json >/dev/full')
      expect(code).toBe(3)
      expect(err).toContain('cannot write to stdout: ENOSPC')
      expect(err).toMatch(/^mutex_lock /m)
      expect(schemaOf(readFileSync(join(folder, 'full.json'), 'utf8'))).toBe('lockstorm/torture-list@1')
    })
  },
)

test.runIf(process.platform === 'linux')('a stdout that is closed: the same', () => {
  const { code, err } = shell('torture --list', '--json closed.json >&-')
  expect(code).toBe(3)
  expect(err).toContain('stdout is closed')
  expect(err).toMatch(/^mutex_lock /m)
  expect(existsSync(join(folder, 'closed.json'))).toBe(true)
})

test('a stdout that leads nowhere on purpose is no failure', () => {
  expect(shell('torture --list', '>/dev/null').code).toBe(0)
  const quiet = spawnSync(process.execPath, [main, 'torture', '--list'], { stdio: 'ignore' })
  expect(quiet.status).toBe(0)
  const half = spawnSync(process.execPath, [main, 'torture', '--list'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  expect({ code: half.status, err: half.stderr.toString() }).toEqual({ code: 0, err: '' })
})

test('a reader that has gone does not lose the JSON', () => {
  const run = 'torture mutex_lock --duration 500ms --stat_interval 50ms --json head.json'
  const { code } = shell(run, '| head -n 1 >/dev/null; exit ${PIPESTATUS[0]}')
  expect(code).toBe(0)
  expect(schemaOf(readFileSync(join(folder, 'head.json'), 'utf8'))).toBe('lockstorm/torture@1')
})

test('help for a reader that has gone is no failure', () => {
  expect(shell('storm --help', '| true; exit ${PIPESTATUS[0]}').code).toBe(0)
})

test('FORCE_COLOR and NO_COLOR', () => {
  const line = 'lockdep devlink --gate srcu --era 2019'
  expect(shell(line, '').out).not.toContain('\u001B')
  const forced = shell('explore lost-wakeup --jobs 1', '').out
  expect(forced).not.toContain('\u001B')
  const colour = spawnSync(process.execPath, [main, 'explore', 'lost-wakeup', '--jobs', '1'], {
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: '1' },
  })
  expect(colour.stdout).toContain('\u001B[32mas expected')
})

describe('signs of life', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function stream(isTTY: boolean): { out: ConstructorParameters<typeof Progress>[1]; text: () => string } {
    let text = ''
    const write = (part: string): boolean => {
      text += part
      return true
    }
    return {
      out: { isTTY, columns: 40, write },
      text: () => text,
    }
  }

  test('elsewhere than on a terminal: a line every ten seconds, until the end', () => {
    const { out, text } = stream(false)
    const progress = new Progress('bench', out)
    vi.advanceTimersByTime(9_900)
    expect(text()).toBe('')
    vi.advanceTimersByTime(200)
    expect(text()).toBe('lockstorm: bench (running for 10 s)\n')
    progress.show('bench sync: mutex')
    vi.advanceTimersByTime(10_000)
    expect(text()).toContain('lockstorm: bench sync: mutex (running for 20 s)\n')
    progress.end()
    const before = text()
    vi.advanceTimersByTime(60_000)
    expect(text()).toBe(before)
  })

  test('on a terminal: one line that is redrawn and cleared, never wider than it', () => {
    const { out, text } = stream(true)
    const progress = new Progress('bench', out)
    vi.advanceTimersByTime(30_000)
    expect(text()).toBe('')
    progress.show('x'.repeat(100))
    expect(text()).toBe(`\r\u001B[K${'x'.repeat(39)}`)
    progress.clear()
    expect(text().endsWith('\r\u001B[K')).toBe(true)
  })
})
