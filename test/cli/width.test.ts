/** Whatever is printed fits the page. */
import { describe, expect, test, vi } from 'vitest'
import { COMMAND_NAMES, commandNamed } from '#lockstorm/cli/commands/index'
import { asked } from '#lockstorm/cli/command_line'
import { hereAt, lockstormAt } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 120_000 })

const specs = await Promise.all(COMMAND_NAMES.map(commandNamed))
const commands = [
  '',
  ...specs.flatMap(({ name, subcommands = [] }) => [name, ...subcommands.map((sub) => sub.name)]),
]

/** The shortest that every command can do. */
const RUNS = [
  'storm --strategies global --parents 2 --devices 2 --cpus 2 --warmup 0 --rounds 1 --vendor none --lock-stat',
  'storm --workload unplug --fence rwsem --cpus 2 --sleepers 2 --duration 100ms',
  'storm --workload vfio --cpus 2 --parents 2 --devices 2 --duration 100ms',
  'scenario',
  'scenario problem-5 --strategy global --lockdep',
  'explore',
  'explore lost-wakeup --jobs 1',
  'explore replay abba@1>1',
  'torture --list',
  'torture mutex_lock --duration 300ms --lockdep --lock-stat',
  'litmus --list',
  'litmus SB+plain --rounds 64',
  'lockdep devlink',
  'selftest',
  'shell -c help',
  'bench access --quick',
]

/** Lines that are wider than the page. A word that alone is wider, such as a replay string, cannot fit. */
function tooWide(text: string, width: number): string[] {
  const lines = text.split('\n').filter((line) => line.length > width)
  return lines.filter((line) => line.trim().includes(' '))
}

/** What `--help` prints. */
async function helpOf(width: number, ...words: string[]): Promise<string> {
  let text = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += String(part)
    return true
  })
  try {
    await asked([...words, '--help'], width)
  } finally {
    write.mockRestore()
  }
  return text
}

describe.each([60, 80, 100])('at %d columns', (width) => {
  test.each(commands)('lockstorm %s --help', async (name) => {
    const text = await helpOf(width, ...name.split(' ').filter((word) => word !== ''))
    expect(text).toContain('Exit codes')
    expect(tooWide(text, width)).toEqual([])
  })
})

test('help stands where a command of its own may stand', async () => {
  for (const words of [['campaign'], ['explore'], ['campaign', 'plan']]) {
    const [first = '', ...rest] = words
    expect(await helpOf(80, first, 'help', ...rest)).toBe(await helpOf(80, ...words))
  }
})

test.each([...RUNS.map((line) => [80, line] as const), [100, RUNS[0] as string] as const])(
  'at %d columns: lockstorm %s',
  async (width, line) => {
    // Detectors want the checked build, which this process is not.
    const run = /--lock|^selftest/.test(line) ? lockstormAt : hereAt
    const { stdout, code } = await run(width, ...line.split(' '))
    expect([0, 1]).toContain(code)
    expect(stdout.split('\n').length).toBeGreaterThan(2)
    expect(tooWide(stdout, width)).toEqual([])
  },
)

test('no page is narrower than 60 columns, and where nothing says how wide it is, it has 100', async () => {
  const longest = async (width: number | undefined): Promise<number> => {
    const { stdout } = await lockstormAt(width, 'storm', '--help')
    return Math.max(...stdout.split('\n').map((line) => line.length))
  }
  const [narrow, usual] = [await longest(20), await longest(undefined)]
  expect([narrow > 50, narrow <= 60]).toEqual([true, true])
  expect([usual > 80, usual <= 100]).toEqual([true, true])
})
