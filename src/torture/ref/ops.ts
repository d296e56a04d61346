/**
 * What the reference torture needs of a reference count that frees an object.
 */

/** A reference count to torture. */
export interface RefOps {
  readonly name: string
  readonly summary: string
  readonly busted?: string
  readonly words: number
  /** Boot CPU: makes the count of an object that is free. Returns 0 or a negative errno. */
  init(ref: number): number
  /** A free object gets its first reference. Nobody can find it yet, but somebody may still have its old address. */
  revive(ref: number): void
  /** Adds a reference; the caller has one. */
  get(ref: number): void
  /** Adds a reference unless the object is at its end. */
  tryget(ref: number): boolean
  /** Drops a reference. `release` runs if it was the last and the family frees from there. */
  put(ref: number, release: (ref: number) => void): void
  /** Drops the first reference, of an object that nobody can find any more; `release` as for put. */
  retire(ref: number, release: (ref: number) => void): void
  /** References at this moment, exact at rest; undefined where nobody can tell. */
  read(ref: number): number
  /** True if a sleeper in retire may go on. */
  isZero(ref: number): boolean
}
