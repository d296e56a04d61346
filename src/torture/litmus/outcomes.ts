/**
 * Outcomes of a litmus test as small numbers, and those that an interleaving of its steps can give.
 *
 * Code     two bits for each read in program order, thread by thread, then for each final word.
 */
import type { Litmus, Step } from './program.ts'

/** Bits of one value. */
export const VALUE_BITS = 2

/** What the two-bit fields of a code are called, lowest first: `0:r0`, `1:r0`, `[x]`. */
function fieldsOf({ threads, final }: Litmus): string[] {
  const registers = threads.flatMap((steps, t) =>
    steps.filter(({ value }) => value === undefined).map((_, r) => `${t}:r${r}`),
  )
  return [...registers, ...final.map((word) => `[${word}]`)]
}

/** First field of each thread. */
export function firstFields({ threads }: Litmus): number[] {
  let next = 0
  return threads.map((steps) => {
    const first = next
    next += steps.filter(({ value }) => value === undefined).length
    return first
  })
}

/** Number of codes there can be. */
export function codesOf(test: Litmus): number {
  return 1 << (VALUE_BITS * fieldsOf(test).length)
}

/** `0:r0=0 1:r0=1` */
export function outcomeText(test: Litmus, code: number): string {
  const value = (i: number): number => (code >> (VALUE_BITS * i)) & 3
  return fieldsOf(test)
    .map((field, i) => `${field}=${value(i)}`)
    .join(' ')
}

interface Running {
  readonly words: { x: number; y: number }
  readonly at: readonly number[]
  readonly reads: readonly (readonly number[])[]
}

function advance({ words, at, reads }: Running, t: number, { word, value }: Step): Running {
  return {
    words: value === undefined ? words : { ...words, [word]: value },
    at: at.map((n, i) => (i === t ? n + 1 : n)),
    reads: value === undefined ? reads.map((r, i) => (i === t ? [...r, words[word]] : r)) : reads,
  }
}

/** Codes that some interleaving gives: all that is sequentially consistent. */
export function consistentOutcomes(test: Litmus): Set<number> {
  const found = new Set<number>()
  const visit = (state: Running): void => {
    let moved = false
    for (const [t, steps] of test.threads.entries()) {
      const step = steps[state.at[t] ?? 0]
      if (step === undefined) continue
      moved = true
      visit(advance(state, t, step))
    }
    if (moved) return
    const values = [...state.reads.flat(), ...test.final.map((word) => state.words[word])]
    found.add(values.reduce((code, value, i) => code | (value << (VALUE_BITS * i)), 0))
  }
  visit({ words: { x: 0, y: 0 }, at: test.threads.map(() => 0), reads: test.threads.map(() => []) })
  return found
}

/** Codes that the values of the program could make, and no interleaving gives. */
export function weakOutcomes(test: Litmus): Set<number> {
  const consistent = consistentOutcomes(test)
  const values = (word: string): number[] => [
    0,
    ...test.threads
      .flat()
      .flatMap((step) => (step.word === word && step.value !== undefined ? [step.value] : [])),
  ]
  const reads = test.threads.flat().filter(({ value }) => value === undefined)
  const choices = [
    ...reads.map(({ word }) => values(word)),
    ...test.final.map((word) => values(word).slice(1)),
  ]
  const codes = choices.reduce<number[]>(
    (all, some, i) => all.flatMap((code) => some.map((value) => code | (value << (VALUE_BITS * i)))),
    [0],
  )
  return new Set(codes.filter((code) => !consistent.has(code)))
}

/** Every outcome that the test can have in any order of memory, as text: weak ones last. */
export function possibleOutcomes(test: Litmus): string[] {
  return [...consistentOutcomes(test), ...weakOutcomes(test)].map((code) => outcomeText(test, code))
}
