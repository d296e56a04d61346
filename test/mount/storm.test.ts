/** `lockstorm storm --sysfs`: what it writes, and what it leaves behind. */
import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { asStormRuns, type StormRun } from '#lockstorm/results/index'
import { here, lockstorm, type Ended } from '../setup/cli.ts'
import { validator } from '../setup/schema.ts'
import { canMountForAll, Mounted } from './fixture.ts'

vi.setConfig({ testTimeout: 180_000 })

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-storm-'))
const state = join(folder, 'state')
process.env['XDG_STATE_HOME'] = state
const json = join(folder, 'run.json')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A tree of plain files: what is written into them stays there. */
const tree = join(folder, 'sys')
beforeEach(() => {
  rmSync(tree, { recursive: true, force: true })
  mkdirSync(join(tree, 'bus/mdev/devices'), { recursive: true })
  for (const parent of ['p0', 'p1', 'p10', 'p2']) {
    for (const [type, free] of [
      ['big', '1'],
      ['small', parent === 'p1' ? '3' : '4'],
    ] as const) {
      const at = join(tree, 'class/mdev_bus', parent, 'mdev_supported_types', type)
      mkdirSync(at, { recursive: true })
      writeFileSync(join(at, 'name'), `a ${type} one\n`)
      writeFileSync(join(at, 'available_instances'), `${free}\n`)
      writeFileSync(join(at, 'create'), '')
    }
  }
})

/** Every file of the tree with what is in it. */
function contents(): Record<string, string> {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  return Object.fromEntries(
    files.map((one) => {
      const path = join(one.parentPath, one.name)
      return [path.slice(tree.length + 1), readFileSync(path, 'utf8')] as const
    }),
  )
}

const storm = (...words: string[]): Promise<Ended> => lockstorm('storm', '--sysfs', tree, ...words)

/** Files in the folder of journals. */
function journals(): string[] {
  try {
    return readdirSync(join(state, 'lockstorm'))
  } catch {
    return []
  }
}

describe('without --real', () => {
  test('it refuses, and a dry run tells what would be done; nothing is written', async () => {
    const before = contents()
    const refused = await storm()
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/--sysfs .*--dry-run.*--real.*--clean/)
    const { code, stdout } = await storm('--dry-run', '--devices', '2', '--cpus', '1,3')
    expect(code).toBe(0)
    expect(stdout).toContain('8 devices of type small, 2 on each of p0, p1, p2, p10')
    expect(stdout).toContain('1 thread, then 3 threads')
    expect(contents()).toEqual(before)
    expect(journals()).toEqual([])
  })

  test.each([
    [['--type', 'smal'], "--type smal: wanted one of big, small, did you mean 'small'?"],
    [['--on', 'p3'], '--on p3: wanted some of p0, p1, p2, p10'],
    [['--devices', '4'], '--devices 4: wanted 3 or fewer: p1 has room for no more of small'],
    [['--parents', '5'], '--parents 5: wanted 4 or fewer'],
  ])('%j is refused', async (words, text) => {
    const { code, stderr } = await here('storm', '--sysfs', tree, '--dry-run', ...words)
    expect(code).toBe(2)
    expect(stderr).toContain(text)
  })

  test('a directory that is no sysfs is refused', async () => {
    const { code, stderr } = await here('storm', '--sysfs', folder, '--real')
    expect(code).toBe(2)
    expect(stderr).toContain('has no class/mdev_bus')
  })
})

test('nothing but create is written, with uuids of its own, once each; they stand in the journal', async () => {
  const before = contents()
  const words = ['--on', 'p0,p2', '--devices', '1', '--cpus', '2', '--rounds', '1', '--warmup', '0']
  const { code, stderr } = await storm('--real', ...words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const after = contents()
  const changed = Object.keys(after).filter((name) => after[name] !== before[name])
  expect(changed.sort()).toEqual(
    ['p0', 'p2'].map((parent) => `class/mdev_bus/${parent}/mdev_supported_types/small/create`),
  )
  for (const name of changed) expect(after[name]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  // Nothing of it is there, so the journal is gone.
  expect(journals()).toEqual([])
})

test('--clean removes what its journal names and made, and nothing else', async () => {
  const uuid = (n: number): string => `abcdef01-0000-0000-0000-00000000000${n}`
  const device = (n: number, parent: string, type: string): string => {
    const at = join(tree, 'devices', parent, uuid(n))
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'remove'), '')
    symlinkSync(join(tree, 'class/mdev_bus', parent, 'mdev_supported_types', type), join(at, 'mdev_type'))
    symlinkSync(at, join(tree, 'bus/mdev/devices', uuid(n)))
    return join(at, 'remove')
  }
  const ours = device(1, 'p0', 'small')
  const others = [device(2, 'p0', 'small'), device(3, 'p1', 'small'), device(4, 'p0', 'big')]
  const head = { dir: tree, type: 'small', pid: 2 ** 22 + 1, start: '1' }
  const lines = [
    JSON.stringify(head),
    `${uuid(1)} p0`,
    `${uuid(3)} p0`,
    `${uuid(4)} p0`,
    `${uuid(5)} p0`,
    uuid(2),
  ]
  mkdirSync(join(state, 'lockstorm'), { recursive: true })
  // The last line was cut short.
  writeFileSync(join(state, 'lockstorm/sysfs-abcdef01.journal'), lines.join('\n'))
  const running = { ...head, pid: process.pid, start: readFileSync('/proc/self/stat', 'utf8').split(' ')[21] }
  writeFileSync(
    join(state, 'lockstorm/sysfs-00000000.journal'),
    `${JSON.stringify(running)}\n${uuid(2)} p0\n`,
  )
  const { code, stdout } = await storm('--clean')
  expect(code).toBe(0)
  expect(stdout).toContain('has not ended; nothing of it was touched')
  expect(readFileSync(ours, 'utf8')).toBe('1')
  for (const file of others) expect(readFileSync(file, 'utf8')).toBe('')
  expect(journals()).toEqual(['sysfs-00000000.journal'])
  rmSync(join(state, 'lockstorm/sysfs-00000000.journal'))
})

describe.skipIf(!canMountForAll)('on a mount', () => {
  test('it measures beside the floor, and leaves nothing; killed, --clean leaves nothing', async () => {
    const mounted = await Mounted.on('--vendor', 'sleep:5ms')
    try {
      const { dir } = mounted
      const devices = (): string[] => readdirSync(join(dir, 'bus/mdev/devices'))
      const small = ['--real', '--devices', '2', '--cpus', '2', '--warmup', '0', '--vendor', 'sleep:5ms']
      const { code } = await lockstorm('storm', '--sysfs', dir, ...small, '--rounds', '2', '--json', json)
      expect(code).toBe(0)
      const run = JSON.parse(readFileSync(json, 'utf8')) as StormRun
      expect(validator('storm-2.schema.json')(run)).toEqual([])
      expect(asStormRuns(run)?.[0]).toMatchObject({ tree: { dir, type: 'mtty-1' }, plan: { driver: 'real' } })
      expect(run.results.map(({ strategy, createNs }) => [strategy, createNs.count])).toEqual([
        ['sysfs', 32],
        ['floor', 32],
      ])
      expect(devices()).toEqual([])

      const killed = spawn(process.execPath, [main, 'storm', '--sysfs', dir, ...small, '--rounds', '1000'], {
        stdio: 'ignore',
      })
      const gone = new Promise((done) => killed.on('close', done))
      while (devices().length === 0) await new Promise((done) => setTimeout(done, 5))
      killed.kill('SIGKILL')
      await gone
      expect(journals()).toHaveLength(1)
      expect((await lockstorm('storm', '--sysfs', dir, '--clean')).code).toBe(0)
      expect(devices()).toEqual([])
      expect(journals()).toEqual([])
      mounted.server.kill('SIGTERM')
      expect(await mounted.ended).toBe(130)
      expect(mounted.text).not.toContain('not 0')
    } finally {
      await mounted.clear()
    }
  })
})
