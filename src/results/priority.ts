/**
 * How the operating system ranks this process among others: beside other work a storm's times depend on it.
 *
 * Source   proc(5), /proc/pid/stat; sched(7); capabilities(7)
 */
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** See the head of this file. */
export interface Priority {
  /** `other`, `batch`, `idle` …; `fifo` and `rr` come before everything that is neither. */
  readonly policy: string
  /** −20 to 19, the smaller the sooner; of no account under `fifo` and `rr`. */
  readonly nice: number
  /** Of `fifo` and `rr`, 1 to 99; 0 of the others. */
  readonly realTime: number
  /** True if `chrt -r` is there and may be used. */
  readonly mayRise: boolean
}

/** Number of policies in sched.h; 4 was never used. */
const POLICIES = ['other', 'fifo', 'rr', 'batch', '', 'idle', 'deadline', 'ext']
/** Fields of /proc/pid/stat as proc(5) numbers them, less those before the third, which follows the name in brackets. */
const NICE = 19 - 3
const REAL_TIME = 40 - 3
const POLICY = 41 - 3
/** Bit of CapEff. */
const CAP_SYS_NICE = 23n

/** Reads a line of /proc/pid/stat. null for what is none. */
export function priorityOf(stat: string, mayRise: boolean): Priority | null {
  // The name may have spaces and brackets in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [nice, realTime, policy] = [NICE, REAL_TIME, POLICY].map((at) => Number(fields[at] ?? NaN))
  if (Number.isNaN((nice ?? NaN) + (realTime ?? NaN) + (policy ?? NaN))) return null
  const name = POLICIES[policy as number] ?? `policy ${policy}`
  return { policy: name, nice: nice as number, realTime: realTime as number, mayRise }
}

/** True if a process of this status and these limits may have a real-time priority. */
export function mayHaveRealTime(status: string, limits: string): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  const most = /^Max realtime priority\s+(\w+)/m.exec(limits)?.[1] ?? '0'
  return ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n || Number(most) !== 0
}

function hasChrt(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.some((folder) => folder !== '' && existsSync(join(folder, 'chrt')))
}

/** Of this process; null where it cannot be read, as outside of Linux. */
export function priority(): Priority | null {
  try {
    const [stat, status, limits] = ['stat', 'status', 'limits'].map((name) =>
      readFileSync(`/proc/self/${name}`, 'utf8'),
    ) as [string, string, string]
    return priorityOf(stat, mayHaveRealTime(status, limits) && hasChrt())
  } catch {
    return null
  }
}

/** True if it comes before everything that has an ordinary priority. */
export function isRealTime(one: Priority | null | undefined): boolean {
  return (one?.realTime ?? 0) > 0
}

/** `real-time (rr 10)`, `nice -10`, `batch`; '' of one that is not known. */
export function priorityText(one: Priority | null | undefined): string {
  if (one === null || one === undefined) return ''
  if (one.realTime > 0) return `real-time (${one.policy} ${one.realTime})`
  return one.policy === 'other' ? `nice ${one.nice}` : one.policy
}

/** The same; '' of the ordinary one, too. */
export function unusualPriority(one: Priority | null | undefined): string {
  const text = priorityText(one)
  return text === 'nice 0' ? '' : text
}
