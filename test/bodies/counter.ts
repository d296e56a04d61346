import { fetch_add, read, write } from '#access'

/** Adds to a shared word, atomically. */
export function atomicCounter(_cpu: number, _cpus: number, arg: { word: number; rounds: number }): void {
  for (let i = 0; i < arg.rounds; i++) fetch_add(arg.word, 1)
}

/** The control: adds without atomicity, so that updates get lost. */
export function brokenCounter(_cpu: number, _cpus: number, arg: { word: number; rounds: number }): void {
  for (let i = 0; i < arg.rounds; i++) write(arg.word, read(arg.word) + 1)
}

/** Never returns. */
export function spinForEver(): never {
  for (;;) read(0)
}
