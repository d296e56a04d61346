/**
 * The mounts of this process's namespace that are ours, from /proc/self/mountinfo. A mount names the process that serves it and when
 * that began, so that nobody has to touch it to learn whether it is dead: a mount whose server is stuck would not answer.
 */
import { readFileSync } from 'node:fs'

/** Type of the file system, as mount tables show it. */
export const FS_TYPE = 'fuse.lockstorm'

/** One mount. */
export interface OurMount {
  readonly point: string
  /** As the mount table spells it: `lockstorm:PID:START`. */
  readonly source: string
  /** Number of its connection below /sys/fs/fuse/connections. */
  readonly connection: number
}

/** When a process began, in ticks since boot; undefined: there is none. Its name may hold blanks and brackets. */
function startOf(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** What the mounts of this process are called. */
export function ourSource(): string {
  return `lockstorm:${process.pid}:${startOf('self')}`
}

/** Octal escapes of a mount table. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}

/** Mounts of lockstorm in a mount table. */
export function oursIn(mountinfo: string): OurMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [type, source = ''] = after.split(' ')
    const [, , device = '', , point = ''] = before.split(' ')
    if (type !== FS_TYPE) return []
    return [{ point: unescaped(point), source, connection: Number(device.split(':')[1]) }]
  })
}

/** Mounts of lockstorm now. */
export function ourMounts(): OurMount[] {
  return oursIn(readFileSync('/proc/self/mountinfo', 'utf8'))
}

/** True if the process that served the mount is gone. */
export function isStale({ source }: OurMount): boolean {
  const [, pid = '', start] = source.split(':')
  return startOf(Number(pid)) !== start
}
