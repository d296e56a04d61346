/** A mount for a test: what it needs of the computer, and processes that are gone when the test is over. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { lockstorm, type Ended } from '../setup/cli.ts'

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

/** True if a program is there and does what it is asked. */
export function works(name: string, ...words: string[]): boolean {
  return spawnSync(name, words, { stdio: 'ignore' }).status === 0
}

function whyNot(): string {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch {
    return '/dev/fuse cannot be opened'
  }
  const root = process.getuid?.() === 0
  const words = root ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  return works('unshare', ...words, 'true') ? '' : 'no mount namespace can be made'
}

const missing = whyNot()
if (missing !== '') process.stderr.write(`tests of mount are skipped: ${missing}\n`)

/** Whether a mount of one's own can be made. */
export const canMount: boolean = missing === ''

/** Whether a mount for everybody can be made. */
export const canMountForAll: boolean = canMount && process.getuid?.() === 0

/** Whether a mount can be made and a program is there to use it; a line says so if it is missing. */
export function canUse(name: string, ...words: string[]): boolean {
  const there = works(name, ...words)
  if (!there) process.stderr.write(`tests of mount with ${name} are skipped: it is not installed\n`)
  return canMount && there
}

/** Runs a script of bash in a mount of its own, on /sys. */
export function inMount(script: string, ...flags: string[]): Promise<Ended> {
  return lockstorm('mount', ...flags, '--', 'bash', '-c', script)
}

/** A mount on a directory that everybody sees. */
export class Mounted {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'lockstorm-mount-'))
  readonly server: ChildProcess
  text = ''
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | string>

  private constructor(flags: readonly string[]) {
    this.server = spawn(process.execPath, [main, 'mount', this.dir, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.server.stdout?.resume()
    this.ended = new Promise((done) => {
      this.server.on('close', (code, signal) => {
        done(code ?? signal ?? '')
      })
    })
  }

  /** Resolves when it is mounted. */
  static async on(...flags: string[]): Promise<Mounted> {
    const mounted = new Mounted(flags)
    await new Promise<void>((done, failed) => {
      mounted.server.stderr?.on('data', (data: Buffer) => {
        mounted.text += data.toString()
        if (mounted.text.includes('is mounted on')) done()
      })
      mounted.server.on('close', () => {
        failed(new Error(mounted.text))
      })
    })
    return mounted
  }

  /** True while a mount table has it. */
  get there(): boolean {
    return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${this.dir} `)
  }

  /** Resolves when no mount table has it any more. */
  async goneFromTable(): Promise<void> {
    while (this.there) await new Promise((done) => setTimeout(done, 20))
  }

  /** Whatever is left is taken away. */
  async clear(): Promise<void> {
    this.server.kill('SIGKILL')
    await this.ended
    while (this.there) spawnSync('umount', ['-l', this.dir])
    rmdirSync(this.dir)
  }
}
