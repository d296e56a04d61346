import { expect, test } from 'vitest'
import { lockStatTables } from '#lockstorm/report/lock_text'
import { render } from '#lockstorm/report/page'

const time = (nr: number, total: number) => ({ nr, min: 530, max: 47_487_360, total })
const rows = [
  {
    name: '&root->kernfs_rwsem',
    write: {
      conBounces: 70,
      acqBounces: 200,
      wait: time(5135, 1_391_988_370),
      hold: time(12_672, 89_194_370),
    },
    read: {
      conBounces: 79,
      acqBounces: 130,
      wait: time(7037, 1_313_622_230),
      hold: time(15_744, 108_864_660),
    },
    contentionPoints: [{ symbol: 'kernfs_add_one', count: 973 }],
    contendingPoints: [{ symbol: 'kernfs_iop_permission', count: 3802 }],
  },
]

function lines(width: number): string[] {
  return render(lockStatTables(rows), { width, colour: false }).split('\n')
}

test('the table has the columns of /proc/lock_stat where there is room', () => {
  const [version, head = '', , writers = '', readers = ''] = lines(240)
  expect(version).toContain('lock_stat version 0.4')
  expect(head.split(/ {2,}/)).toEqual([
    'class name',
    'con-bounces',
    'contentions',
    'waittime-min',
    'waittime-max',
    'waittime-total',
    'waittime-avg',
    'acq-bounces',
    'acquisitions',
    'holdtime-min',
    'holdtime-max',
    'holdtime-total',
    'holdtime-avg',
  ])
  expect(writers.split(/ {2,}/).slice(0, 7)).toEqual([
    '&root->kernfs_rwsem-W',
    '70',
    '5135',
    '0.53',
    '47487.36',
    '1391988.37',
    '271.08',
  ])
  expect(readers).toMatch(/^&root->kernfs_rwsem-R .* 130 +15744 +0\.53 +47487\.36 +108864\.66 +6\.91$/)
  expect(lines(240).join('\n')).toMatch(/^&root->kernfs_rwsem +was waited for +3802 +kernfs_iop_permission$/m)
})

test('where there is none, columns go and are named', () => {
  const narrow = lines(80)
  expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThanOrEqual(80)
  expect(narrow.join(' ')).toContain('There is no room for these columns in 80 characters: con-bounces,')
})
