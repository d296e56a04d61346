/**
 * A race runs a third way: every interleaving of the very same bodies.
 */
import { describe, expect, test } from 'vitest'
import { raceModelNamed, whyNotExplored } from '#lockstorm/models/index'
import { SCENARIOS, scenarioNamed, strategiesOf } from '#lockstorm/scenarios/index'
import { here } from '../setup/cli.ts'

const timeout = 120_000

describe('lockstorm scenario --explore', () => {
  test('finds the oops of problem 5 and says how to see it again', { timeout }, async () => {
    const { code, stdout } = await here('scenario', 'problem-5', '--explore', '--strategy', 'placeholder')
    expect(code).toBe(0)
    expect(stdout).toContain('Oops')
    const [, replay = ''] = /replay\s+'([^']+)'/.exec(stdout) ?? []
    const again = await here('explore', 'replay', replay)
    expect({ code: again.code, oops: again.stdout.includes('mdev_device_remove_ops') }).toEqual({
      code: 1,
      oops: true,
    })
  })

  test(
    'says up to which bound nothing was found, and that a number of executions ended the search',
    { timeout },
    async () => {
      const race = ['scenario', 'vfio-fringe-late', '--explore']
      const whole = await here(...race)
      expect({ code: whole.code, stdout: whole.stdout.replaceAll(/\s+/g, ' ') }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/holds, up to 1 preemption exhausted, \d+ executions/),
      })
      const part = await here(...race, '--executions', '5')
      expect(part.stdout.replaceAll(/\s+/g, ' ')).toMatch(/holds in what was covered, \d{1,2} executions/)
    },
  )

  // A second remover that reads a device which nothing keeps, and a remove that takes its file with it before the device is finished.
  test.each(['second-remove', 'quick-remove', 'devlink-deadlock-halves'])(
    'finds nothing in %s where references are kept and files stay',
    { timeout },
    async (race) => {
      const { code, stdout } = await here('scenario', race, '--explore', '--strategy', 'sharded')
      expect({ code, stdout: stdout.replaceAll(/\s+/g, ' ') }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^sharded: explored: holds, up to 1 preemption exhausted/),
      })
    },
  )

  const executions = (stdout: string): number => Number(/(\d+)\s+executions/.exec(stdout)?.[1])
  const coarsely = async (race: string, strategy: string): Promise<string> =>
    (await here('scenario', race, '--explore', '--strategy', strategy, '--coarse')).stdout

  // An unregistration and a registration of two parents hardly meet, but in allocators and in tables of names.
  test('is calm where only allocators are met', { timeout }, async () => {
    expect(executions(await coarsely('register-stall', 'sharded'))).toBeLessThan(20)
  })

  test('finds coarsely what is between two steps that meet nobody', { timeout }, async () => {
    expect(await coarsely('register-again', 'modern')).toContain('the race happens')
  })

  test('judges a control, which is no column of the matrix', { timeout }, async () => {
    expect(await coarsely('newcomer', 'busted-gate')).toContain('Use after free on mdev_device->active')
  })

  test('says that a coarse search leaves preemptions out', { timeout }, async () => {
    const race = ['scenario', 'double-remove', '--explore', '--strategy', 'sharded', '--bound', '1']
    const [fine, coarse] = [await here(...race), await here(...race, '--coarse')]
    expect(coarse.stdout.replaceAll(/\s+/g, ' ')).toContain('up to 1 preemption exhausted, coarse')
    expect(fine.stdout).not.toContain('coarse')
    expect(executions(coarse.stdout)).toBeLessThan(executions(fine.stdout))
  })

  test('refuses to judge what only the drawn order can show', { timeout }, async () => {
    const { code, stdout } = await here('scenario', 'vfio-blocked-remove', '--explore')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'vfio-blocked-remove: explored: its check needs the drawn order\n',
    })
  })
})

test('every race has a model under each of its strategies, or a reason why not', () => {
  const bare = SCENARIOS.filter((race) => {
    const name = race.axis === undefined ? `${race.name}:${strategiesOf(race)[0]}` : race.name
    return whyNotExplored(race) === undefined && raceModelNamed(name) === undefined
  })
  expect(bare.map(({ name }) => name)).toEqual([])
  expect(whyNotExplored(scenarioNamed('vfio-blocked-remove') as never)).toBeDefined()
})
