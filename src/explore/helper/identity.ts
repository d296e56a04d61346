/**
 * What a program is known by: its name, if it has one, or else the text of its bodies and checks.
 */
import { hashName } from '../../base/ops.ts'
import type { AsyncProgram } from './async_stage.ts'
import { isProgramFile, type ProgramFile } from './program_file.ts'
import { bytesOf, type Program } from './program.ts'

/** See the head of this file. Plain data. */
export interface Identity {
  /** '' if it has none. */
  readonly name: string
  readonly threads: number
  readonly bytes: number
  readonly text: number
}

/** Of programs of modules, which this thread has not loaded: as the cores have told. */
const told = new WeakMap<ProgramFile, Identity>()

export function tellIdentity(file: ProgramFile, identity: Identity): void {
  told.set(file, identity)
}

/** What a program is known by. One of a module must have been explored before. */
export function identityOf(program: Program | AsyncProgram | ProgramFile): Identity {
  if (isProgramFile(program)) {
    const known = told.get(program)
    if (known === undefined) throw new Error('a program of a module is known once it has been explored')
    return known
  }
  const { name = '', threads, setup, finish, invariant } = program
  const text = hashName([...threads, setup, finish, invariant].map(String).join('\n'))
  return { name, threads: threads.length, bytes: bytesOf(program), text }
}
