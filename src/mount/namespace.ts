/**
 * A mount namespace of one's own: nobody else sees what is mounted in it, and it goes with its last process, however that ends.
 * The command line runs itself again inside; whoever is not root becomes root of a user namespace, which may mount.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { tool } from './tool.ts'

/** Set for the process inside. */
const INSIDE = 'LOCKSTORM_NAMESPACE'
/** File descriptor of the pipe whose end tells the process inside that the one outside is gone. */
const TETHER = 3
/** Exit code of a process that a signal ended. */
const SIGNALLED = 128
const SIGTERM = 15

/** True if this process runs in a namespace that was made for it. */
export function isInside(): boolean {
  return process.env[INSIDE] !== undefined
}

/** The environment of a command that runs inside. */
export function environmentInside(sysfs: string): NodeJS.ProcessEnv {
  const { [INSIDE]: _, ...rest } = process.env
  // udevadm looks whether /sys is of the kernel's own type.
  return { ...rest, LOCKSTORM_SYSFS: sysfs, SYSTEMD_DEVICE_VERIFY_SYSFS: '0' }
}

/**
 * Words that a command inside is started with, so that it hears of it (SIGHUP) when the server is killed: what it sees as /sys is dead
 * then. Empty where this system's setpriv cannot do it.
 */
export async function tied(): Promise<readonly string[]> {
  const words = ['--pdeathsig', 'HUP']
  const { code } = await tool('setpriv', [...words, 'true'])
  return code === 0 ? ['setpriv', ...words, '--'] : []
}

/** Calls back when the process outside is gone. Returns what ends the listening. */
export function onOutsideGone(gone: () => void): () => void {
  const tether = new Socket({ fd: TETHER, readable: true, writable: false })
  tether.on('error', gone)
  tether.on('close', gone)
  tether.resume()
  tether.unref()
  return () => {
    tether.off('close', gone)
    tether.destroy()
  }
}

const AS_ROOT = ['--mount', '--propagation', 'private']
const AS_USER = ['--user', '--map-root-user', ...AS_ROOT]

/** Words of unshare that work here; or why none do. */
export async function howToUnshare(): Promise<readonly string[] | string> {
  const tries = process.getuid?.() === 0 ? [AS_ROOT, AS_USER] : [AS_USER]
  let why = ''
  for (const words of tries) {
    const ended = await tool('unshare', [...words, 'true'])
    if (ended.code === 0) return words
    why = ended.why
  }
  return `no mount namespace can be made here: ${why}`
}

/**
 * Runs this command line again in a namespace of its own, and returns its exit code. Signals go on to it; those that a terminal
 * sends reach it by themselves.
 * @param how what howToUnshare has found
 */
export async function runInside(how: readonly string[]): Promise<number> {
  const [node, ...words] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('unshare', [...how, '--', node, ...words], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [INSIDE]: '1' },
  })
  const on = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, on)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => resolve(code ?? SIGNALLED + SIGTERM))
    })
  } finally {
    for (const signal of signals) process.off(signal, on)
  }
}
