/**
 * JavaScript stacks as kernel symbols. A capture is cheap (1 to 3 µs) as long as nobody asks for its frames: V8 makes the
 * text on demand.
 *
 * Rules   frames of the checker itself, of the tracepoints, of scenarios, of the explorer and of Node are left out. A frame that is
 *         not of the core is followed by the `[module]` it belongs to, which is the driver's folder or the file's name. Of the
 *         emulated kernel's rooms only functions that the kernel has are shown (base/kernel_names.ts), and nothing of what stands for
 *         its user space: a report can be laid beside that of a mail.
 */
import { isKernelName } from '../base/kernel_names.ts'

/** One function that was running. */
export interface Frame {
  readonly symbol: string
  /** Driver or file it is part of; '' for the core. */
  readonly module: string
  /** File as it was loaded; line and column in it. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Part of a lock's own code: not the place that took the lock. */
  readonly lock: boolean
}

/** A stack whose frames have not been looked at yet. */
export type Captured = object

/** Most frames that a stack keeps. */
export const STACK_DEPTH = 32

const SKIPPED =
  /\/src\/(?:debug\/|trace\/|watch\/|scenarios\/|explore\/(?!models\/))|\/src\/mem\/(?:access|raw)|\/workers\/|\/node_modules\//
const LOCKS = /\/src\/(?:sync\/|kernel\/kernfs\/active)/
/** Files of the project are named from its root. */
const ROOT = /^.*\/(?=(?:dist|src|test|bench)\/)/
/** Rooms whose functions are the kernel's, and races, which are its user space. */
const KERNEL = /^src\/(?:base|mem|sync(?!\/classes)|kernel|machine|mdev|vfio|drivers|fences|races)\//
const USER_SPACE = /^src\/races\//
/** Drivers whose module has another name than their folder; '' is part of the core. */
const MODULES: Readonly<Record<string, string>> = {
  devlink: '',
  mlx5_sf: 'mlx5_core',
  vtpm: 'tpm_vtpm_proxy',
}
const CORE = /\/src\/(?:base|mem|sync|kernel|machine)\//
const DRIVER = /\/src\/drivers\/(?:([^/]+)\/|)/
const LAYER = /\/src\/(mdev|vfio)\//
/** This package: what is not of it is a user's, who wants to know the line. */
const OWN = new URL('../../..', import.meta.url).pathname

/** Remembers up to `depth` frames of the caller, those of the checker included. */
export function capture(depth: number): Captured {
  const holder = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = depth
  Error.captureStackTrace(holder, capture)
  Error.stackTraceLimit = limit
  return holder
}

function moduleOf(file: string): string {
  if (CORE.test(file)) return ''
  const name = LAYER.exec(file)?.[1] ?? DRIVER.exec(file)?.[1]
  if (name === undefined) return (file.split('/').at(-1) ?? '').replace(/\..*$/, '')
  return MODULES[name] ?? name
}

/** Files of the project from its root, a user's as they are. */
function placeOf(url: string): string {
  const path = url.replace(/^file:\/\//, '')
  return path.startsWith(OWN) ? path.replace(ROOT, '') : path
}

/** Of code that a report is about. */
function isSeen(site: NodeJS.CallSite): boolean {
  const file = site.getFileName() ?? ''
  return file.includes('/') && !file.startsWith('node:') && !SKIPPED.test(file)
}

function symbolOf(site: NodeJS.CallSite): string {
  return site.getFunctionName()?.replace(/^.*\./, '') ?? site.getMethodName() ?? '<anonymous>'
}

/** No function of any kernel, in a room whose functions are the kernel's. */
function isOurs(site: NodeJS.CallSite): boolean {
  const place = placeOf(site.getFileName() ?? '')
  return KERNEL.test(place) && (USER_SPACE.test(place) || !isKernelName(symbolOf(site)))
}

function frameOf(site: NodeJS.CallSite): Frame {
  const file = site.getFileName() ?? ''
  return {
    symbol: symbolOf(site),
    module: moduleOf(file),
    file: placeOf(file),
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
    lock: LOCKS.test(file),
  }
}

/** Frames of a capture, innermost first. */
export function framesOf(captured: Captured): Frame[] {
  const errors = Error as { prepareStackTrace?: unknown }
  const before = errors.prepareStackTrace
  errors.prepareStackTrace = (_error: unknown, sites: unknown) => sites
  const sites = (captured as { stack?: unknown }).stack
  errors.prepareStackTrace = before
  if (!Array.isArray(sites)) return []
  const seen = (sites as NodeJS.CallSite[]).filter(isSeen)
  const shown = seen.filter((site) => !isOurs(site))
  return (shown.length > 0 ? shown : seen).map(frameOf)
}

/** The place that a lock was taken from: the innermost frame outside the lock's own code. */
export function callerOf(frames: readonly Frame[]): Frame | undefined {
  return frames.find(({ lock }) => !lock) ?? frames[0]
}

/** `symbol [module]`; of a file outside this package `symbol [file:line]`. */
export function frameText({ symbol, module, file, line }: Frame): string {
  if (file.startsWith('/')) return `${symbol} [${file.split('/').at(-1)}:${line}]`
  return module === '' ? symbol : `${symbol} [${module}]`
}
