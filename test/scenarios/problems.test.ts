import { afterAll, describe, expect, test } from 'vitest'
import { Crew, runForced, scenarioNamed, type ForcedRun, type Scenario } from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

const run = (name: string, strategy: string): Promise<ForcedRun> =>
  runForced(crew, scenarioNamed(name) as Scenario, strategy)

async function oopsOf(name: string, strategy: string): Promise<string> {
  const { reports } = await run(name, strategy)
  return reports.find(({ detector }) => detector === 'oops')?.text ?? ''
}

const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'

test('the log of problem 5 is that of the mail, in its order', async () => {
  const { log, reports } = await run('problem-5', 'placeholder')
  expect(log).toEqual([
    'VFIO - User Level meta-driver version: 0.3',
    'mtty mtty: MDEV: Registered',
    `vfio_mdev ${UUID}: Adding to iommu group 0`,
    `vfio_mdev ${UUID}: MDEV: group_id = 0`,
    'mtty mtty: MDEV: Unregistering',
    'mtty_dev: Unloaded!',
  ])
  expect(reports[0]?.text).toContain('\nRIP: 0010:mdev_device_remove_ops\n')
})

test('with a gate the remover of problem 5 gets ENODEV', async () => {
  expect((await run('problem-5', 'rwsem')).cell.answers).toEqual(['ENODEV', 'ok'])
})

describe('an oops names the function that the mail names', () => {
  test.each([
    ['problem-1', 'vfio_ap_mdev_open'],
    ['problem-3', 'mlx5_sf_load'],
    ['problem-5', 'mdev_device_remove_ops'],
  ])('%s: %s', async (name, rip) => {
    expect(await oopsOf(name, 'placeholder')).toContain(`\nRIP: 0010:${rip}\n`)
  })
})

test('the ladder of problem 1 is that of the mail', async () => {
  const { ladder } = await run('problem-1', 'placeholder')
  const text = ladder.join('\n')
  const order = ['create_store()', 'really_probe()', 'vfio_ap_mdev_open()', 'mdev_device_create_ops()'].map(
    (row) => text.indexOf(row),
  )
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect(order[0]).toBeGreaterThan(0)
})

test('a forced removal ignores the refusal of its vendor, whose object and instance are lost', async () => {
  const { cell, broken, reports } = await run('problem-2-force', 'placeholder')
  expect(cell.answers).toEqual(['ok', 'ok'])
  expect(broken).toEqual(['vfio_ap: instances of no device: 1, not 0'])
  expect(reports).toEqual([])
})

test('vfio_ap passes no request on, and the removal ends with the guest that is killed', async () => {
  const { log, cell } = await run('problem-2-killed', 'rwsem')
  expect(log.filter((line) => line.includes('request'))).toEqual([])
  expect(cell.answers).toEqual(['ok', 'ok', 'ok'])
})
