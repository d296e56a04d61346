import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  mustHold,
  mustHoldAsync,
  RefusedError,
  replayFile,
  replayFileAsync,
  type AsyncProgram,
  type Program,
} from '#lockstorm/explore/helper/index'
import { matchers } from '#lockstorm/explore/helper/vitest'

expect.extend(matchers)

const add = (m: Int32Array): void => void Atomics.add(m, 0, 1)
const split = (m: Int32Array): void => void Atomics.store(m, 0, Atomics.load(m, 0) + 1)
const finish = (m: Int32Array): void => {
  if (m[0] !== 2) throw new Error('an update is lost')
}
const right: Program = { memory: 1, threads: [add, add], finish }
const wrong: Program = { memory: 1, threads: [split, split], finish }
const splitLater = async (m: Int32Array): Promise<void> => {
  const before = Atomics.load(m, 0)
  await Promise.resolve()
  Atomics.store(m, 0, before + 1)
}
const rightAsync: AsyncProgram = right
const wrongAsync: AsyncProgram = { memory: 1, threads: [splitLater, splitLater], finish }
const untouched: Program = { memory: 1, threads: [() => {}, () => {}] }

const messageOf = async (run: () => unknown): Promise<string> => {
  try {
    await run()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('matchers', () => {
  test('say what is so', async () => {
    expect(right).toHold()
    expect(right).toExhaust()
    expect(wrong).not.toHold()
    expect(wrong).toFailWith('assertion')
    expect(wrong).toFailWith(/update is lost/, { search: 'dpor' })
    expect(wrong).not.toFailWith('deadlock')
    await expect(rightAsync).toHoldAsync()
    await expect(rightAsync).toExhaustAsync()
    await expect(wrongAsync).toFailWithAsync('assertion')
    await expect(wrongAsync).not.toHoldAsync()
  })

  test('fail with the ladder, or with what was seen', async () => {
    expect(await messageOf(() => expect(wrong).toHold())).toMatch(/assertion in execution[^]*cpu-1/)
    expect(await messageOf(() => expect(right).not.toHold())).toContain('no failure in')
    expect(await messageOf(() => expect(right).toFailWith('deadlock'))).toMatch(/with deadlock\. .*exhausted/)
    expect(await messageOf(() => expect(wrong).toFailWith('deadlock'))).toMatch(
      /with deadlock\. [^]*assertion/,
    )
    expect(await messageOf(() => expect(wrongAsync).toHoldAsync())).toContain('Atomics.store')
    expect(await messageOf(() => expect(right).toExhaust({ executions: 1 }))).toContain('The budget ended')
  })

  test('a refusal passes no matcher, with not or without', async () => {
    for (const run of [
      () => expect(untouched).toHold(),
      () => expect(untouched).not.toHold(),
      () => expect(untouched).not.toFailWith('deadlock'),
    ]) {
      expect(run).toThrow(RefusedError)
    }
  })
})

describe('kept failures', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstorm-artefacts-'))
  })
  afterAll(() => {
    delete process.env['LOCKSTORM_ARTEFACTS']
    rmSync(folder, { recursive: true })
  })
  const keep = async (program: Program): Promise<string> => {
    const message = await messageOf(() => mustHold(program, { artefacts: folder }))
    return /Kept in (.*?):/.exec(message)?.[1] ?? message
  }

  test('a failure is kept, and run again from its file', async () => {
    const path = await keep({ ...wrong, name: 'counter' })
    expect(path).toBe(`${folder}/counter.json`)
    const again = replayFile({ ...wrong, name: 'counter' }, path)
    expect(again).toMatchObject({ outcome: 'assertion', sameCode: true })
    expect(again.ladder).toEqual((JSON.parse(readFileSync(path, 'utf8')) as { ladder: unknown }).ladder)
  })

  test('of a program with a name the repair can be tried', async () => {
    const path = await keep({ ...wrong, name: 'counter' })
    expect(replayFile({ ...right, name: 'counter' }, path)).toMatchObject({ sameCode: false })
  })

  test('the environment names the folder, for async bodies too', async () => {
    process.env['LOCKSTORM_ARTEFACTS'] = join(folder, 'deeper')
    const message = await messageOf(() => mustHoldAsync({ ...wrongAsync, name: 'later' }))
    const path = /Kept in (.*?):/.exec(message)?.[1] ?? message
    delete process.env['LOCKSTORM_ARTEFACTS']
    expect(path).toBe(`${folder}/deeper/later.json`)
    const again = await replayFileAsync({ ...wrongAsync, name: 'later' }, path)
    expect(again).toMatchObject({ outcome: 'assertion', sameCode: true })
  })

  test('what holds, and what the budget ended, leaves nothing', async () => {
    const before = readdirSync(folder)
    mustHold(right, { artefacts: folder })
    expect(readdirSync(folder)).toEqual(before)
  })

  test('the file of another program is refused, and so is what is no file of ours', async () => {
    const named = await keep({ ...wrong, name: 'counter' })
    const unnamed = await keep(wrong)
    const cut = join(folder, 'cut.json')
    const other = join(folder, 'other.json')
    writeFileSync(cut, readFileSync(named, 'utf8').slice(0, 40))
    writeFileSync(other, '{"replay":"counter@1>1"}')
    const refused = (program: Program, path: string): string => {
      try {
        replayFile(program, path)
      } catch (error) {
        if (error instanceof RefusedError && error.code === 'ERR_EXPLORE_BAD_ARTEFACT') return error.message
        throw error
      }
      return 'not refused'
    }
    expect(refused({ ...wrong, name: 'ring' }, named)).toContain(
      "is about program 'counter', not program 'ring'",
    )
    expect(refused(wrong, named)).toContain('a program without a name')
    expect(refused({ ...wrong, name: 'counter', threads: [split, split, split] }, named)).toContain(
      '2 bodies',
    )
    expect(refused(right, unnamed)).toContain('needs a name')
    expect(replayFile(wrong, unnamed).outcome).toBe('assertion')
    expect(refused(wrong, cut)).toContain('cannot be read')
    expect(refused(wrong, other)).toContain('lockstorm-explore-1')
    expect(refused(wrong, join(folder, 'missing.json'))).toContain('ENOENT')
  })
})
