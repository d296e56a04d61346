import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  explore,
  exploreAsync,
  mustExhaust,
  mustHold,
  replay,
  replayFile,
  type Program,
  type ProgramFile,
  type Verdict,
} from 'lockstorm/explore'

const module = new URL('./programs.mjs', import.meta.url)
const programs = (await import(module.href)) as Readonly<Record<string, Program>>
const of = (name: string): ProgramFile => ({ module, export: name })

/** What must be the same on one core and on two: all but times, and which of two searches that see everything came first. */
function shape({ verdict, failure, limits, coverage }: Verdict): object {
  const bounds = coverage.filter(({ search }) => search.startsWith('dfs'))
  return {
    verdict,
    // The test runner transforms the module that this thread loads: its lines are others, and the ladder is as wide as they are long.
    failure: JSON.stringify(failure)?.replaceAll(/ *programs\.mjs:\d+|-+| +/g, ''),
    limits,
    bounds: bounds.map(({ search, executions, exhausted }) => ({ search, executions, exhausted })),
  }
}

function outcome(run: () => Verdict): unknown {
  try {
    return shape(run())
  } catch (error) {
    return (error as Error).message
  }
}

describe('on two cores, and in a worker, a program is judged as it is here', () => {
  test.for(['program', 'broken', 'unread', 'bytes', 'woken', 'chance', 'racy', 'untouched'])('%s', (name) => {
    const ms = 120_000
    const here = outcome(() => explore(programs[name] as Program, { ms }))
    expect(outcome(() => explore(of(name), { ms, jobs: 2 }))).toEqual(here)
  })
})

test('on one core in a worker it is all the same', () => {
  const ms = 120_000
  const here = outcome(() => explore(programs['broken'] as Program, { ms }))
  expect(outcome(() => explore(of('broken'), { ms }))).toEqual(here)
})

test('DPOR sees as many executions in two parts as in one', () => {
  const executions = ({ coverage }: Verdict): unknown => coverage.map((one) => one.executions - one.redundant)
  const search = 'dpor'
  const here = explore(programs['unread'] as Program, { search, ms: 120_000 })
  expect(executions(explore(of('unread'), { search, ms: 120_000, jobs: 2 }))).toEqual(executions(here))
})

test('what is found in a worker can be run again here, from its text and from its file', () => {
  const artefacts = mkdtempSync(join(tmpdir(), 'lockstorm-'))
  try {
    expect(() => mustHold(of('broken'), { jobs: 2, artefacts })).toThrow('lost wake-up')
    const broken = programs['broken'] as Program
    expect(replayFile(broken, join(artefacts, 'forgets.json')).outcome).toBe('lost wake-up')
    const { failure } = explore(of('broken'), { jobs: 2 })
    expect(replay(broken, failure?.replay ?? '').outcome).toBe('lost wake-up')
  } finally {
    rmSync(artefacts, { recursive: true })
  }
})

test('what a body has thrown is the cause, and functions taken out of Atomics are seen', () => {
  let cause: unknown
  try {
    mustExhaust(of('throws'), { jobs: 2 })
  } catch (error) {
    ;({ cause } = error as Error)
  }
  expect(cause).toMatchObject({ name: 'RangeError', message: 'second' })
  expect(explore(of('takenOut'), { jobs: 2 }).verdict).toBe('holds')
  expect(() => explore(programs['takenOut'] as Program)).toThrow('was taken out of Atomics')
})

test('progress is told', () => {
  let told = 0
  explore(of('unread'), { jobs: 2, search: 'dpor', progress: () => told++ })
  expect(told).toBeGreaterThan(0)
})

test.for([
  [{ module, export: 'none' }, {}, "has no export 'none'; it exports "],
  [{ module, export: 'nothing' }, {}, 'a program must be an object, not 5'],
  [{ module: './programs.mjs' }, {}, "module of the program is './programs.mjs'"],
  [{ module, threads: [] }, {}, "a program of a module has no field 'threads'"],
  [{ module: new URL('./not_there.mjs', import.meta.url) }, {}, 'cannot be loaded in a worker thread'],
  [{ module }, { jobs: 0 }, 'jobs of the options must be an integer from 1 on, not 0'],
] as const)('refused: %j', ([file, options, message]) => {
  expect(() => explore(file as unknown as ProgramFile, options)).toThrow(message)
})

test('bodies that are given as they are, and those that await, are searched on one core', async () => {
  expect(() => explore(programs['program'] as Program, { jobs: 2 })).toThrow(
    'bodies are functions, which cannot be given to other threads. Export the program from a module of its own',
  )
  await expect(exploreAsync(of('awaits') as never)).rejects.toThrow('must have synchronous bodies')
  await expect(exploreAsync(programs['awaits'] as never, { jobs: 2 } as never)).rejects.toThrow(
    'async bodies',
  )
})
