/** Runs offer themselves to their user alone, and what is made of the answers. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { publishMachine, seeMachines, type SeenMachine } from '#lockstorm/machine/published'
import { offeredRuns, RunLine } from '#lockstorm/top/find'
import { ownFolder, runtimeFolder, whyNotOurs } from '#lockstorm/top/folder'
import { frame } from '#lockstorm/top/frame'
import { serveRuns } from '#lockstorm/top/serve'
import { chosen, MachineHistory, type Choice } from '#lockstorm/top/state'

let base = ''
const before = process.env['XDG_RUNTIME_DIR']
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lockstorm-top-'))
  process.env['XDG_RUNTIME_DIR'] = base
})
afterEach(() => {
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR']
  else process.env['XDG_RUNTIME_DIR'] = before
  rmSync(base, { recursive: true })
})

type Doing = SeenMachine['tasks'][number]
const idle = {
  state: 'I',
  op: 0,
  arg: 0,
  heartbeat: 0,
  where: '',
  waits: '',
  owners: [],
  holds: [],
  doing: '',
} as const

function task(cpu: number, values: Partial<Doing>): Doing {
  return { ...idle, cpu, ...values }
}

const machine: SeenMachine = {
  name: 'global',
  active: true,
  creates: 2,
  tasks: [
    task(0, { state: 'R', doing: 'create of device 1', heartbeat: 10, holds: ['mdev_list_lock'] }),
    task(1, {
      state: 'D',
      doing: 'create of device 2',
      heartbeat: 5,
      waits: 'mutex mdev_list_lock',
      owners: [0],
    }),
    task(2, {}),
  ],
  locks: [{ address: 640, name: 'mdev_list_lock', holders: [0], waiters: [1] }],
}

describe('the folder', () => {
  test('is made for its user alone', () => {
    const folder = ownFolder()
    expect(folder).toBe(join(base, 'lockstorm'))
    expect(lstatSync(folder as string).mode & 0o777).toBe(0o700)
  })

  test('is not used if others may enter it, or if it is a link or a file', () => {
    mkdirSync(runtimeFolder(), { mode: 0o700 })
    chmodSync(runtimeFolder(), 0o750)
    expect(ownFolder()).toBeUndefined()
    expect(whyNotOurs(runtimeFolder())).toMatch(/mode must be 700/)
    expect(offeredRuns().size).toBe(0)
    rmSync(runtimeFolder(), { recursive: true })
    mkdirSync(join(base, 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(base, 'elsewhere'), runtimeFolder())
    expect(ownFolder()).toBeUndefined()
    rmSync(runtimeFolder())
    writeFileSync(runtimeFolder(), '')
    expect(ownFolder()).toBeUndefined()
  })

  test('is in the folder for temporary files where the system gives none', () => {
    expect(runtimeFolder({})).toBe(join(tmpdir(), `lockstorm-${process.getuid?.()}`))
  })
})

test('a run answers with its machines as they are then, over a socket of mode 600', async () => {
  let name = 'global'
  const gone = publishMachine(() => ({ ...machine, name }))
  const mask = process.umask()
  serveRuns('storm', ['--rounds', '5'])
  expect(process.umask()).toBe(mask)
  const path = offeredRuns().get(process.pid) as string
  expect(lstatSync(path).mode & 0o777).toBe(0o600)
  const line = new RunLine(process.pid, path)
  expect(await line.ask()).toMatchObject({
    command: 'storm',
    words: ['--rounds', '5'],
    machines: [{ name: 'global' }],
  })
  name = 'placeholder'
  expect(await line.ask()).toMatchObject({ pid: process.pid, machines: [{ name: 'placeholder' }] })
  gone()
  expect(await seeMachines()).toEqual([])
  expect(await line.ask()).toMatchObject({ machines: [] })
  line.end()
  expect(await line.ask()).toBeUndefined()
})

test('what a run that was killed has left is cleared away', async () => {
  ownFolder()
  const path = join(runtimeFolder(), '4194000.sock')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, () => resolve()))
  // Its file stays when a process is killed; closing it in order would remove it.
  const kept = `${path}.kept`
  const { linkSync } = await import('node:fs')
  linkSync(path, kept)
  await new Promise((resolve) => server.close(resolve))
  linkSync(kept, path)
  expect(await new RunLine(4194000, path).ask()).toBeUndefined()
  expect(offeredRuns().has(4194000)).toBe(false)
})

describe('what is made of the answers', () => {
  const all: Choice = { sort: 'cpu', waiting: false, filter: '' }

  test('how long a task waits, how fast it goes, what a lock costs', () => {
    const history = new MachineHistory()
    history.take(machine, 1000)
    const [first, second] = machine.tasks as readonly [Doing, Doing]
    const later = { ...machine, tasks: [{ ...first, heartbeat: 40 }, second] }
    const { tasks, locks } = history.take(later, 3000)
    expect(tasks.map(({ rate, waitedMs }) => [rate, waitedMs])).toEqual([
      [15, 0],
      [0, 2000],
    ])
    expect(locks[0]?.waitedMs).toBe(2000)
    // It has moved in between: it waits anew.
    const moved = { ...later, tasks: [first, { ...second, heartbeat: 6 }] }
    expect(history.take(moved, 4000).tasks[1]?.waitedMs).toBe(0)
  })

  test('sorted and filtered', () => {
    const history = new MachineHistory()
    history.take(machine, 0)
    const { tasks } = history.take(machine, 500)
    const order = (choice: Partial<Choice>): number[] =>
      chosen(tasks, { ...all, ...choice }).map(({ cpu }) => cpu)
    expect(order({})).toEqual([0, 1, 2])
    expect(order({ sort: 'wait' })).toEqual([1, 0, 2])
    expect(order({ sort: 'operation' })).toEqual([2, 0, 1])
    expect(order({ waiting: true })).toEqual([1])
    expect(order({ filter: 'list_lock' })).toEqual([0, 1])
    expect(order({ filter: 'device 2' })).toEqual([1])
  })

  test('a run without a machine is a line', () => {
    const run = {
      schema: 'lockstorm/top-run@1',
      pid: 7,
      command: 'storm',
      words: [],
      seconds: 3,
      machines: [],
    } as const
    expect(frame(run, new MachineHistory(), all, 0)).toEqual(['storm: process 7, 3 s; no machine now'])
  })
})
