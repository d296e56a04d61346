import { test } from 'vitest'
import { lockstorm, type Ended } from '../setup/cli.ts'

test.concurrent.for([
  ['spin', 'CPU 3 has made no progress for', 'running'],
  ['hang', 'no CPU has made progress for', 'asleep'],
])(
  'a worker that goes to %s for ever ends the storm with exit code 3 and a report',
  async ([fault, what, state], { expect }) => {
    const args = [
      'storm',
      '--strategies',
      'global',
      '--vendor',
      'sleep:1ms',
      '--rounds',
      '3',
      '--warmup',
      '5',
      '--test-fault',
      // The first create of the second round, 1 ms each under the lock: the others cannot be done with theirs.
      `${fault}:3@32`,
    ]
    const { code, stdout, stderr } = await lockstorm(...args)
    expect(code).toBe(3)
    expect(stderr).toContain(what)
    expect(stderr).toMatch(new RegExp(`CPU 3 .*create of device \\d+.*, ${state}`))
    expect(stderr).toContain('holds mutex mdev_list_lock')
    expect(stderr).toContain('waits for mutex mdev_list_lock, held by CPU 3')
    expect(stdout).toMatch(/^global (?:! )? *1 /m)
  },
)

test.concurrent('a storm that finds something exits with 1 and says what', async ({ expect }) => {
  const load = ['--hotplug', '0.3', '--vendor', 'sleep:300us', '--affinity', 'spread', '--rounds', '6']
  const storm = (seed: number): Promise<Ended> =>
    lockstorm('storm', '--strategies', 'placeholder', ...load, '--seed', String(seed))
  // A race that is not forced may stay away from one storm.
  let end = await storm(1)
  for (let seed = 2; end.code === 0 && seed <= 100; seed++) end = await storm(seed)
  const { code, stdout, stderr } = end
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toMatch(/^Broken invariants:\n {2}placeholder, vendor sleep:300us: /m)
})
