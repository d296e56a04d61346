/**
 * A program that a module exports. Bodies are functions, which cannot be given to other threads; a module can be loaded by all of them.
 */
import { checkProgram, type Program } from './program.ts'
import { RefusedError } from './refused.ts'

/** Where a program is: in place of the program itself, to explore it on several cores. */
export interface ProgramFile {
  /** Of the module: `new URL('./lock.program.js', import.meta.url)`. It must load without a test runner around it. */
  readonly module: URL | string
  /** Name of the export; `program` if not given. */
  readonly export?: string
}

/** The same as plain data. */
export interface ProgramRef {
  readonly url: string
  readonly name: string
}

const FIELDS = ['module', 'export']
const WANTED = "wanted: a URL such as new URL('./lock.program.js', import.meta.url)"

function bad(message: string, cause?: unknown): RefusedError {
  return new RefusedError('ERR_EXPLORE_BAD_PROGRAM', message, cause === undefined ? undefined : { cause })
}

/** True for what stands in place of a program. */
export function isProgramFile(program: unknown): program is ProgramFile {
  return typeof program === 'object' && program !== null && 'module' in program
}

function urlOf(module: unknown): string {
  const text = module instanceof URL ? module.href : module
  if (typeof text !== 'string') throw bad(`module of the program is of type ${typeof text}; ${WANTED}`)
  if (/^(?:file|data):/.test(text)) return text
  throw bad(`module of the program is '${text}', and a worker thread would look for it elsewhere; ${WANTED}`)
}

/** Where it is, as plain data. @throws RefusedError */
export function refOf(file: ProgramFile): ProgramRef {
  for (const key of Object.keys(file)) {
    if (!FIELDS.includes(key))
      throw bad(`a program of a module has no field '${key}'; it takes ${FIELDS.join(', ')}`)
  }
  const { module, export: name = 'program' } = file
  if (typeof name !== 'string') throw bad(`export of the program must be a name, not of type ${typeof name}`)
  return { url: urlOf(module), name }
}

/** Loads it. @throws RefusedError */
export async function loadProgram({ url, name }: ProgramRef): Promise<Program> {
  let exported: Readonly<Record<string, unknown>>
  try {
    exported = (await import(url)) as Readonly<Record<string, unknown>>
  } catch (error) {
    const { message = String(error) } = error as Partial<Error>
    throw bad(`${url} cannot be loaded in a worker thread: ${message}`, error)
  }
  const program = exported[name]
  if (program === undefined) {
    const there = Object.keys(exported).join(', ')
    throw bad(
      `${url} has no export '${name}'; ${there === '' ? 'it exports nothing' : `it exports ${there}`}`,
    )
  }
  checkProgram(program as Program)
  return program as Program
}
