/** `lockstorm top` sees a mount: what its clients do, and which lock keeps them waiting. */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { SeenMachine } from '#lockstorm/machine/published'
import { offeredRuns, RunLine } from '#lockstorm/top/find'
import { lockstorm } from '../setup/cli.ts'
import { validator } from '../setup/schema.ts'
import { canMountForAll, Mounted } from './fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

/** The machine of a process as it is now, if it offers one. */
async function seen(pid: number): Promise<SeenMachine | undefined> {
  const path = offeredRuns().get(pid)
  if (path === undefined) return undefined
  const line = new RunLine(pid, path)
  const run = await line.ask()
  line.end()
  return run?.machines[0]
}

/**
 * A task of it that waits for its first lock, and names who holds it. What is seen of tasks and what is seen of locks is not of one
 * moment: somebody may have got it, or left it, in between.
 */
function waiterIn(machine: SeenMachine | undefined): SeenMachine['tasks'][number] | undefined {
  const [lock] = machine?.locks ?? []
  return machine?.tasks.find(
    ({ cpu, state, owners }) =>
      state === 'D' &&
      lock?.waiters.includes(cpu) === true &&
      owners.length > 0 &&
      owners.join() === lock.holders.join(),
  )
}

test.skipIf(!canMountForAll)('of three creates one holds the lock that the others wait for', async () => {
  const runtime = mkdtempSync(join(tmpdir(), 'lockstorm-seen-'))
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
  const mounted = await Mounted.on('--strategy', 'global', '--vendor', 'sleep:2s')
  try {
    // They come and go until somebody has seen them wait.
    const over = new AbortController()
    const clients = ['mtty', 'mtty1', 'mtty2'].map(async (parent, n) => {
      const uuid = `00000000-0000-0000-0000-00000000000${n}`
      while (!over.signal.aborted) {
        const type = join(mounted.dir, 'class/mdev_bus', parent, 'mdev_supported_types/mtty-1')
        await writeFile(join(type, 'create'), uuid)
        await writeFile(join(mounted.dir, 'bus/mdev/devices', uuid, 'remove'), '1')
      }
    })
    let machine: SeenMachine | undefined
    while (machine === undefined || machine.creates < 2 || waiterIn(machine) === undefined) {
      await setTimeout(20)
      machine = await seen(mounted.server.pid as number)
    }
    expect(machine.name).toBe('global')
    expect(machine.locks[0]?.name).toBe('mdev_list_lock')
    expect(waiterIn(machine)).toMatchObject({
      doing: expect.stringMatching(/^write .*(?:mtty-1\/create|\/remove)$/),
      waits: 'mutex mdev_list_lock',
    })
    const shown = await lockstorm('top', '--once', '--json', '-')
    expect(validator('top-1.schema.json')(JSON.parse(shown.stdout))).toEqual([])
    over.abort()
    await Promise.all(clients)
  } finally {
    vi.unstubAllEnvs()
    await mounted.clear()
    rmSync(runtime, { recursive: true })
  }
})
