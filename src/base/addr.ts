/**
 * Typed addresses. A kernel pointer is the index of a 32-bit word in the arena; 0 is NULL. The brand exists only in
 * the type checker: an `Addr<'mutex'>` is a number at run time and costs nothing.
 */
declare const target: unique symbol

/** Word index of an object of struct `S`. */
export type Addr<S extends string> = number & { readonly [target]: S }

/** No object. */
export const NULL = 0 as Addr<never>

/** States what a bare word index points at: the cast of C, to be used where memory is laid out or a word is read. */
export function as<S extends string>(index: number): Addr<S> {
  return index as Addr<S>
}
