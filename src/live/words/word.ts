/**
 * A word of the shell that runs on a CPU: what it gets, and how it refuses.
 */
import { getSystemErrorMap } from 'node:util'
import { errname } from '../../base/errno.ts'

/** An open file, as the shell keeps it: an address, and which system calls know it. */
export interface LiveFile {
  readonly kind: 'sysfs' | 'char' | 'guest'
  readonly path: string
  /** Addresses: of a guest the group, the container and the device. */
  readonly at: readonly number[]
}

/** One use of a word. */
export interface Call {
  readonly cpu: number
  /** What stands behind the word. */
  readonly args: readonly string[]
  /** The open file that it is about. */
  readonly file?: LiveFile | undefined
  /** Prints lines; the last newline may be missing. */
  readonly print: (text: string) => void
  /** Gives something back to the shell that is no text: a new open file, a list of names. */
  readonly give: (value: unknown) => void
}

/** Runs to its end on the CPU that calls it. @throws WordError */
export type LiveWord = (call: Call) => void

/** Why a word was refused. */
export class WordError extends Error {
  override readonly name: string = 'WordError'
  /** 1: the kernel said no. 2: the word was used wrongly. */
  readonly status: 1 | 2

  constructor(message: string, status: 1 | 2) {
    super(message)
    this.status = status
  }
}

const messages = getSystemErrorMap()

/** `EINVAL, invalid argument`. */
export function errorText(errno: number): string {
  const known = messages.get(errno)?.[1]
  return known === undefined ? errname(errno) : `${errname(errno)}, ${known}`
}

/** A result that is no error. @throws WordError for a negative errno */
export function must(what: string, result: number): number {
  if (result < 0) throw new WordError(`${what}: ${errorText(result)}`, 1)
  return result
}

/** The same for calls that give a text, or a list. */
export function mustGive<T>(what: string, result: T | number): T {
  if (typeof result === 'number') throw new WordError(`${what}: ${errorText(result)}`, 1)
  return result
}

/** The word was used wrongly. */
export function misuse(usage: string): WordError {
  return new WordError(`usage: ${usage}`, 2)
}

/** The n-th word behind, which must be there. @throws WordError */
export function operand({ args }: Call, n: number, usage: string): string {
  const word = args[n]
  if (word === undefined || word === '') throw misuse(usage)
  return word
}
