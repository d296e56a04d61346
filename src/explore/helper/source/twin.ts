/**
 * A twin of a body: the same code, which also tells, between any two of its statements, where it is and what its variables hold.
 * Together with the memory that is all that decides what the body does next, wherever nothing of it is hidden.
 */
import type { Captured } from './captured.ts'
import { outlineOf, type Outline } from './outline.ts'
import { isReference } from './sketch.ts'

/** Told where a body is: the number of the place, and the values of the variables there. */
export type Tell = (place: number, values: readonly unknown[]) => void

type Body<M> = (memory: M) => void

const TELL = '$lockstormTell'

/** The text with a call of TELL at each place. */
function told({ text, places }: Outline): string {
  let from = 0
  const parts = places.map(({ offset, names }, place) => {
    const part = `${text.slice(from, offset)};${TELL}(${place},[${names.join(',')}]);`
    from = offset
    return part
  })
  return parts.join('') + text.slice(from)
}

/** The twin of a body that has no effect outside; undefined if its text does not say where its statements are. */
export function twinOf<M>(body: Body<M>, captured: Captured, tell: Tell): Body<M> | undefined {
  const outline = outlineOf(body)
  if (outline === undefined || outline.places.length === 0) return undefined
  const { tokens, names } = outline
  const used = new Set(
    tokens.flatMap(({ text }, i) => (isReference(tokens, i) && captured.has(text) ? [text] : [])),
  )
  for (const name of names) used.delete(name)
  try {
    // eslint-disable-next-line typescript/no-implied-eval -- the text is that of a function that is there already
    const make = new Function(TELL, ...used, `'use strict'; return (${told(outline)})`) as (
      ...values: unknown[]
    ) => Body<M>
    return make(tell, ...[...used].map((name) => captured.get(name)))
  } catch {
    // Code may not be made of texts here.
    return undefined
  }
}
