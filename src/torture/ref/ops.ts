/**
 * What the reference torture needs of a reference count that frees an object: what a member of sync says of it.
 */
import type { Primitive, References } from '../../sync/members/shapes.ts'

/** A reference count to torture. */
export interface RefOps extends Omit<References, keyof Primitive> {
  readonly name: string
  readonly summary: string
  readonly busted?: string
  readonly words: number
}
