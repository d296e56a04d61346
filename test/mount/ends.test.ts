/** Every way in which a mount, or who uses it, comes to its end: nothing is left mounted, running or waiting. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { canMountForAll, Mounted } from './fixture.ts'

vi.setConfig({ testTimeout: 180_000 })

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const UUID = '11111111-2222-3333-4444-555555555555'
const TYPE = 'class/mdev_bus/mtty/mdev_supported_types/mtty-1'
const DEVICE = `devices/virtual/mtty/mtty/${UUID}`

let mounted: Mounted | undefined
afterEach(async () => {
  await mounted?.clear()
  mounted = undefined
})

async function on(...flags: string[]): Promise<Mounted> {
  mounted = await Mounted.on(...flags)
  return mounted
}

/** How the server ended, beside what it has said. */
async function howItEnded(): Promise<{ readonly end: unknown; readonly said: string | undefined }> {
  const end = await mounted?.ended
  return { end, said: mounted?.text }
}
const endsWith = (end: number | string): object => ({ end, said: expect.any(String) })

/** Resolves when a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20))
}

/** A process that writes a uuid into `create`. */
function creator(dir: string, uuid = UUID): ChildProcess {
  return spawn('sh', ['-c', `echo ${uuid} > ${join(dir, TYPE, 'create')}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

const ended = (child: ChildProcess): Promise<number | string> =>
  new Promise((done) => {
    child.on('close', (code, signal) => {
      done(code ?? signal ?? '')
    })
  })

/** Errno of what a call throws; '' if it does not. */
function errnoOf(call: () => void): string {
  try {
    call()
    return ''
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

/** State of a process as ps shows it, '' if there is none. */
function stateOf(pid: number | undefined): string {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim()
}

describe.skipIf(!canMountForAll)('the end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s to the server', async (signal) => {
    const { dir, server } = await on()
    expect(readdirSync(join(dir, 'class/mdev_bus'))).toHaveLength(8)
    server.kill(signal)
    expect(await howItEnded()).toEqual(endsWith(130))
    expect(mounted?.there).toBe(false)
    expect(mounted?.text).toContain('unmounted after')
  })

  test('SIGHUP at the moment at which it says that it is mounted', () => {
    const dir = mkdtempSync(join(tmpdir(), 'lockstorm-mount-'))
    const code = `const { write } = process.stderr
      process.stderr.write = function (text, ...rest) {
        write.call(this, text, ...rest)
        if (String(text).includes('is mounted on')) process.kill(process.pid, 'SIGHUP')
        return true
      }`
    const preload = `--import=data:text/javascript,${encodeURIComponent(code)}`
    const end = spawnSync(process.execPath, [preload, main, 'mount', dir], { encoding: 'utf8' })
    expect({ code: end.status, stderr: end.stderr }).toEqual({
      code: 130,
      stderr: expect.stringContaining('unmounted after'),
    })
    rmdirSync(dir)
  })

  test('SIGKILL to the server: its guardian unmounts', async () => {
    const { dir, server } = await on()
    const open = openSync(join(dir, TYPE, 'name'), 'r')
    server.kill('SIGKILL')
    expect(await howItEnded()).toEqual(endsWith('SIGKILL'))
    await mounted?.goneFromTable()
    expect(errnoOf(() => readSync(open, Buffer.alloc(10)))).toMatch(/ENOTCONN|ECONNABORTED/)
    errnoOf(() => closeSync(open))
  })

  test.each(['the process that was started', 'the server inside'])(
    'SIGKILL to %s, with a command: the command is ended, and nothing stays mounted',
    async (who) => {
      const outer = spawn(process.execPath, [main, 'mount', '--', 'sh', '-c', 'echo up; exec sleep 1000'])
      const gone = ended(outer)
      await new Promise((up) => outer.stdout.once('data', up))
      const childOf = (pid: number | undefined): number =>
        Number(spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout.split('\n')[0])
      const inner = childOf(outer.pid)
      const command = childOf(inner)
      expect(stateOf(command)).not.toBe('')
      process.kill(who === 'the server inside' ? inner : (outer.pid as number), 'SIGKILL')
      await gone
      await until(() => stateOf(inner) === '' && stateOf(command) === '')
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(`lockstorm:${inner}:`)
    },
  )

  test('umount by somebody else, when nobody uses it', async () => {
    const { dir } = await on()
    expect(spawnSync('umount', [dir]).status).toBe(0)
    expect(await howItEnded()).toEqual(endsWith(0))
  })

  test('umount -l while a file is open: the last close ends the server', async () => {
    const { dir } = await on()
    const open = openSync(join(dir, TYPE, 'name'), 'r')
    expect(spawnSync('umount', ['-l', dir]).status).toBe(0)
    const bytes = Buffer.alloc(64)
    expect(bytes.toString('latin1', 0, readSync(open, bytes, 0, 64, 0))).toBe('Single port serial\n')
    closeSync(open)
    expect(await howItEnded()).toEqual(endsWith(0))
  })

  test('SIGTERM while a file is open and somebody is in a directory: they get errors', async () => {
    const { dir, server } = await on()
    const open = openSync(join(dir, TYPE, 'name'), 'r')
    const inside = spawn('sleep', ['1000'], { cwd: join(dir, 'class') })
    server.kill('SIGTERM')
    expect(await howItEnded()).toEqual(endsWith(130))
    expect(mounted?.there).toBe(false)
    expect(mounted?.text).toContain('somebody was still using it')
    expect(errnoOf(() => readSync(open, Buffer.alloc(10)))).toMatch(/ENOTCONN|ECONNABORTED/)
    errnoOf(() => closeSync(open))
    inside.kill('SIGKILL')
    await ended(inside)
  })

  test('SIGKILL to a client inside a create: it goes when its call ends, and the device is whole', async () => {
    const { dir, server } = await on('--vendor', 'sleep:1500ms')
    const client = creator(dir)
    const gone = ended(client)
    // The namespace has the uuid already while the vendor sleeps.
    await until(() => stateOf(client.pid).startsWith('D') || existsSync(join(dir, DEVICE)))
    client.kill('SIGKILL')
    await gone
    expect(stateOf(client.pid)).toBe('')
    await until(() => existsSync(join(dir, DEVICE, 'remove')))
    writeFileSync(join(dir, DEVICE, 'remove'), '1', { flag: 'a' })
    server.kill('SIGTERM')
    expect(await howItEnded()).toEqual(endsWith(130))
    expect(mounted?.text).not.toContain('not 0')
  })

  test('SIGTERM while a client is inside a create: it gets its answer or an error', async () => {
    const { dir, server } = await on('--vendor', 'sleep:1s')
    const client = creator(dir)
    const gone = ended(client)
    await until(() => stateOf(client.pid).startsWith('D') || existsSync(join(dir, DEVICE)))
    server.kill('SIGTERM')
    expect(await howItEnded()).toEqual(endsWith(130))
    expect([0, 1, 2]).toContain(await gone)
    expect(mounted?.there).toBe(false)
  })

  test.each([
    ['dying_strategy.mjs', 'the create of this strategy throws'],
    ['exiting_strategy.mjs', 'exited with code 1'],
  ])('the end of one server thread, by %s', async (file, text) => {
    const { dir, server } = await on('--strategy', resolve(import.meta.dirname, file))
    const client = creator(dir)
    let said = ''
    client.stderr?.on('data', (data: Buffer) => (said += data.toString()))
    expect(await ended(client)).not.toBe(0)
    expect(said).toMatch(/Input\/output error|I\/O error/)
    // The others go on.
    expect(readFileSync(join(dir, TYPE, 'name'), 'utf8')).toBe('Single port serial\n')
    server.kill('SIGTERM')
    expect(await howItEnded()).toEqual(endsWith(3))
    expect(mounted?.text).toContain(text)
    expect(mounted?.there).toBe(false)
  })

  test('200 files open when their parent is pulled out', async () => {
    const { dir, server } = await on()
    writeFileSync(join(dir, TYPE, 'create'), UUID, { flag: 'a' })
    const files = Array.from({ length: 200 }, (_, i) =>
      openSync(join(dir, i % 2 === 0 ? `${TYPE}/name` : `${DEVICE}/uevent`), 'r'),
    )
    const listing = spawn('sh', ['-c', `while ls ${join(dir, DEVICE)} > /dev/null 2>&1; do :; done`])
    const over = ended(listing)
    writeFileSync(join(dir, 'kernel/parents/unplug'), '0', { flag: 'a' })
    expect(files.map((fd) => errnoOf(() => readSync(fd, Buffer.alloc(10))))).toEqual(
      files.map(() => 'ENODEV'),
    )
    for (const fd of files) closeSync(fd)
    expect(await over).toBe(0)
    expect(existsSync(join(dir, 'class/mdev_bus/mtty'))).toBe(false)
    writeFileSync(join(dir, 'kernel/parents/plug'), '0', { flag: 'a' })
    expect(readFileSync(join(dir, TYPE, 'available_instances'), 'utf8')).toBe('24\n')
    server.kill('SIGTERM')
    expect(await howItEnded()).toEqual(endsWith(130))
    expect(mounted?.text).not.toContain('not 0')
  })
})
