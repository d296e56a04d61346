/**
 * What rcutorture needs of a flavour of RCU: what a member of sync says of it. What is absent is not tested.
 */
import type { GracePeriods, Primitive } from '../../sync/members/shapes.ts'

/** A flavour of RCU to torture. */
export interface RcuOps extends Omit<GracePeriods, keyof Primitive> {
  readonly name: string
  readonly summary: string
  readonly busted?: string
  readonly words: number
}
