/** Which part of a campaign is whose. */
import { describe, expect, test } from 'vitest'
import { shardFrom, unitsOfShard } from '#lockstorm/campaign/shard'
import { plan } from './folder.ts'

describe('parts that the surroundings name', () => {
  test.each([
    [{}, undefined],
    [{ SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '4' }, '1/4'],
    [{ SLURM_ARRAY_TASK_ID: '4', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '4' }, '4/4'],
    [
      {
        SLURM_ARRAY_TASK_ID: '5',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_STEP: '2',
        SLURM_ARRAY_TASK_COUNT: '4',
      },
      '3/4',
    ],
    [{ JOB_COMPLETION_INDEX: '0', LOCKSTORM_SHARDS: '8' }, '1/8'],
    [{ JOB_COMPLETION_INDEX: '7', LOCKSTORM_SHARDS: '8' }, '8/8'],
    [{ CIRCLE_NODE_INDEX: '1', CIRCLE_NODE_TOTAL: '2' }, '2/2'],
    [{ CI_NODE_INDEX: '1', CI_NODE_TOTAL: '3' }, '1/3'],
  ])('%j: %s', (env, shard) => {
    const found = shardFrom(env)
    expect(found && `${found.index}/${found.of}`).toBe(shard)
  })

  test.each([
    [{ JOB_COMPLETION_INDEX: '0' }, 'set LOCKSTORM_SHARDS'],
    [{ JOB_COMPLETION_INDEX: '8', LOCKSTORM_SHARDS: '8' }, 'JOB_COMPLETION_INDEX 8'],
    [{ CI_NODE_INDEX: '0', CI_NODE_TOTAL: '3' }, 'CI_NODE_INDEX 0'],
    [{ CI_NODE_INDEX: 'x', CI_NODE_TOTAL: '3' }, "'x'"],
    [{ JOB_COMPLETION_INDEX: '-1', LOCKSTORM_SHARDS: '8' }, "'-1'"],
    [{ JOB_COMPLETION_INDEX: '1', LOCKSTORM_SHARDS: '' }, 'LOCKSTORM_SHARDS'],
  ])('%j is refused', (env, told) => {
    expect(() => shardFrom(env)).toThrow(told)
  })
})

test('each unit is in exactly one part, and parts take alike', async () => {
  const { units } = await plan(
    { run: 'torture mutex_lock --duration {n}s', for: { n: { from: 1, to: 40 } } },
    { run: 'explore fuzz --programs 900', seconds: 900 },
  )
  for (const of of [1, 2, 7, 100]) {
    const parts = Array.from({ length: of }, (_, i) => unitsOfShard(units, { index: i + 1, of }))
    expect(parts.flat().length).toBe(units.length)
    expect(new Set(parts.flat()).size).toBe(units.length)
    const loads = parts.map((part) => part.reduce((sum, { seconds }) => sum + seconds, 0))
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(40)
  }
})
