/**
 * What a program and the options of its exploration are, and the check that they are that: a slip of the pen must not pass for a
 * proof.
 */
import { SEARCHES, type ExploreOptions } from '../explore.ts'
import { STATES } from '../searches/phase.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { MOST_WORDS } from './engine.ts'
import { RefusedError, unsupported } from './refused.ts'

/** A small program over shared memory. */
export interface Program {
  /** Words of 32 bits of the memory, all 0 at the start; or the memory itself, as it is now. It is not changed. */
  readonly memory: number | SharedArrayBuffer
  /** Brings the memory into its first state. Runs alone, before everything else. */
  readonly setup?: (memory: Int32Array) => void
  /** Two to eight bodies that run at the same time, each on its own CPU. */
  readonly threads: readonly ((memory: Int32Array) => void)[]
  /** Checks the end of an execution; throws if something is wrong. */
  readonly finish?: (memory: Int32Array) => void
  /** Checked after every step. */
  readonly invariant?: (memory: Int32Array) => void
  /** Name in replay strings. */
  readonly name?: string
  /** Names of words, for ladders: `{ 0: 'lock', 1: 'waiters' }`. */
  readonly words?: Readonly<Record<number, string>>
  /** Races of plain accesses are failures; true if not given. If false, plain accesses are interleaved like atomic ones. */
  readonly races?: boolean
  /** Time-outs each CPU may let fire while others can run; 0 if not given: only when nothing else can. */
  readonly earlyTimeouts?: number
  /** Sleeps of each CPU that may end without a notify, as ECMAScript never lets them but other futexes do; 0 if not given. */
  readonly spuriousWakeups?: number
  /** Most steps of an execution; 1000 if not given. A loop that polls without Atomics.pause runs into it. */
  readonly maxSteps?: number
}

export const MIN_THREADS = 2
export const MAX_THREADS: number = MAX_CPUS
const BYTES = 4

const PROGRAM_FIELDS: readonly (keyof Program)[] = [
  'memory',
  'setup',
  'threads',
  'finish',
  'invariant',
  'name',
  'words',
  'races',
  'earlyTimeouts',
  'spuriousWakeups',
  'maxSteps',
]
const OPTION_FIELDS: readonly (keyof ExploreOptions)[] = [
  'search',
  'bound',
  'depth',
  'executions',
  'ms',
  'seed',
  'progress',
]

function bad(message: string): RefusedError {
  return new RefusedError('ERR_EXPLORE_BAD_PROGRAM', message)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'object' && value !== null)
    return `a value of type ${value.constructor?.name ?? 'object'}`
  return String(value)
}

function onlyKnown(what: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw bad(`${what} has no field '${key}'; it takes ${known.join(', ')}`)
  }
}

function counts(what: string, name: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return
  throw bad(`${name} of ${what} must be an integer from ${least} on, not ${shown(value)}`)
}

function functionOr(what: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw bad(`${name} of ${what} must be a function, not ${shown(value)}`)
  }
}

/** Throws unless the memory is one that can be explored. */
function checkMemory(memory: unknown): void {
  if (typeof memory === 'number') {
    if (Number.isSafeInteger(memory) && memory >= 1 && memory <= MOST_WORDS) return
    throw bad(`memory of the program must be a number of words from 1 to ${MOST_WORDS}, not ${memory}`)
  }
  if (!(memory instanceof SharedArrayBuffer)) {
    throw bad(`memory of the program must be a number of words or a SharedArrayBuffer, not ${shown(memory)}`)
  }
  if (Object.isFrozen(memory)) {
    throw unsupported(
      'memory of the program belongs to a WebAssembly.Memory: what WebAssembly code does there cannot be seen. Give a SharedArrayBuffer of JavaScript',
    )
  }
  if (memory.growable) {
    throw unsupported('memory of the program is a growable SharedArrayBuffer: give one of a fixed size')
  }
  if (memory.byteLength === 0 || memory.byteLength > MOST_WORDS * BYTES) {
    throw bad(`memory of the program must have 1 to ${MOST_WORDS * BYTES} bytes, not ${memory.byteLength}`)
  }
}

/** Bytes of a program's memory. */
export function bytesOf({ memory }: Pick<Program, 'memory'>): number {
  return typeof memory === 'number' ? memory * BYTES : memory.byteLength
}

/** Throws a RefusedError that names the field, its value and what is accepted. `more`: fields of other kinds of program. */
export function checkProgram(program: Program, more: readonly string[] = []): void {
  if (typeof program !== 'object' || program === null)
    throw bad(`a program must be an object, not ${shown(program)}`)
  const what = 'the program'
  onlyKnown(what, program, [...PROGRAM_FIELDS, ...more])
  checkMemory(program.memory)
  const { threads, words = {} } = program as { threads?: unknown; words?: unknown }
  const range = `${MIN_THREADS} to ${MAX_THREADS} threads`
  if (!Array.isArray(threads))
    throw bad(
      `threads of the program must be an array of functions: a program has ${range}, not ${shown(threads)}`,
    )
  if (!(threads.length >= MIN_THREADS && threads.length <= MAX_THREADS)) {
    throw bad(`threads of the program: a program has ${range}, not ${threads.length}`)
  }
  for (const [i, body] of threads.entries()) functionOr(what, `threads[${i}]`, body ?? null)
  for (const name of ['setup', 'finish', 'invariant'] as const) functionOr(what, name, program[name])
  if (typeof words !== 'object' || words === null)
    throw bad(`words of the program must be an object, not ${shown(words)}`)
  const length = Math.ceil(bytesOf(program) / BYTES)
  for (const key of Object.keys(words)) {
    if (String(Number(key)) === key && Number(key) < length && Number(key) >= 0) continue
    throw bad(`words of the program names word '${key}': the keys are word indices below ${length}`)
  }
  counts(what, 'earlyTimeouts', program.earlyTimeouts, 0)
  counts(what, 'spuriousWakeups', program.spuriousWakeups, 0)
  counts(what, 'maxSteps', program.maxSteps, 1)
  if (program.name !== undefined && !(typeof program.name === 'string' && /^[^@]+$/.test(program.name))) {
    throw bad(`name of the program must be a text without @, not ${shown(program.name)}`)
  }
  if (program.races !== undefined && typeof program.races !== 'boolean') {
    throw bad(`races of the program must be true or false, not ${shown(program.races)}`)
  }
}

/** The same for the options of an exploration. */
export function checkOptions(options: ExploreOptions, more: readonly string[] = []): void {
  const what = 'the options'
  onlyKnown(what, options, [...OPTION_FIELDS, ...more])
  const { jobs } = options as { readonly jobs?: unknown }
  counts(what, 'jobs', jobs, 1)
  const { search, ms } = options
  const known: readonly string[] = [...SEARCHES, STATES]
  if (search !== undefined && !known.includes(search)) {
    throw bad(`search of the options must be one of ${known.join(', ')}, not ${shown(search)}`)
  }
  if (ms !== undefined && !(typeof ms === 'number' && ms > 0)) {
    throw bad(`ms of the options must be a number above 0, not ${shown(ms)}`)
  }
  counts(what, 'executions', options.executions, 1)
  counts(what, 'bound', options.bound, 0)
  counts(what, 'depth', options.depth, 1)
  counts(what, 'seed', options.seed, 0)
  functionOr(what, 'progress', options.progress)
}
