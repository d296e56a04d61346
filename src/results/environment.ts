/**
 * Where a run took place and what else the computer did meanwhile: part of every result, because a time without its machine
 * says nothing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { priority, type Priority } from './priority.ts'

/** Where it ran. What cannot be read here is null. */
export interface Environment {
  readonly node: string
  readonly v8: string
  readonly cores: number
  readonly cpuModel: string
  readonly arch: string
  /** When it ended, ISO 8601. */
  readonly date: string
  /** `linux 6.1.0`. */
  readonly system: string
  readonly memoryBytes: number
  /** True under a hypervisor that says so. */
  readonly virtualised: boolean | null
  /** Of CPU 0: `performance`. */
  readonly governor: string | null
  readonly turbo: boolean | null
  /** Of the checkout that ran, `-dirty` behind it if its files are not those of the commit. */
  readonly commit: string | null
  /** Load average of the last minute, all cores together, at the beginning and at the end. */
  readonly load: { readonly before: number | null; readonly after: number }
  /** Share of the cores' time that the hypervisor gave to others while it ran. */
  readonly steal: number | null
  /** How it was ranked among other processes; absent in files of before. */
  readonly priority?: Priority | null
}

/** The computer at the beginning of a run. */
export interface Moment {
  readonly load: number
  /** Clock ticks of all cores since boot: stolen ones, and all. */
  readonly stolen: number
  readonly all: number
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const STEAL = 7
/** What comes behind the eighth field, guests' time, is counted before already. */
const FIELDS = 8

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** To be taken before a run, for `environment`. */
export function moment(): Moment {
  const line = textOf('/proc/stat')?.split('\n', 1)[0] ?? ''
  const ticks = line
    .split(/ +/)
    .slice(1, 1 + FIELDS)
    .map(Number)
  return { load: loadavg()[0] as number, stolen: ticks[STEAL] ?? 0, all: ticks.reduce((a, b) => a + b, 0) }
}

function commit(): string | null {
  if (!existsSync(join(root, '.git'))) return null
  const asked = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'], {
    cwd: root,
    encoding: 'utf8',
  })
  return asked.status === 0 ? asked.stdout.trim() : null
}

function turbo(): boolean | null {
  const none = textOf('/sys/devices/system/cpu/intel_pstate/no_turbo')
  if (none !== undefined) return none === '0'
  const boost = textOf('/sys/devices/system/cpu/cpufreq/boost')
  return boost === undefined ? null : boost === '1'
}

function virtualised(): boolean | null {
  const flags = /^flags\s*:(.*)$/m.exec(textOf('/proc/cpuinfo') ?? '')?.[1]
  return flags === undefined ? null : / hypervisor( |$)/.test(flags)
}

function steal(begun: Moment | undefined): number | null {
  if (begun === undefined) return null
  const now = moment()
  return now.all > begun.all ? (now.stolen - begun.stolen) / (now.all - begun.all) : null
}

/** The machine, the engine, the moment; with what the computer did since `begun`. Some 10 ms, for the commit. */
export function environment(begun?: Moment): Environment {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    arch: process.arch,
    date: new Date().toISOString(),
    system: `${process.platform} ${release()}`,
    memoryBytes: totalmem(),
    virtualised: virtualised(),
    governor: textOf('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor') ?? null,
    turbo: turbo(),
    commit: commit(),
    load: { before: begun?.load ?? null, after: loadavg()[0] as number },
    steal: steal(begun),
    priority: priority(),
  }
}
