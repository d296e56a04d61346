/**
 * What one core does of a search that several share.
 */
import { Meetings } from './meetings.ts'
import type { Limits, Subtree } from './search.ts'

/** The part of one core, as it is told. */
export interface Share {
  readonly words: Int32Array
  readonly meetings?: Int32Array
  readonly subtree?: Subtree
}

/** The limits of a search that does this part and gives others away. `calm`: words before which nobody is preempted. */
export function partOf(
  { words, meetings, subtree }: Share,
  give: (parts: readonly Subtree[]) => void,
  calm?: (addr: number) => boolean,
): Limits {
  return {
    sharing: { words, give, ...(meetings !== undefined && { meetings: new Meetings(meetings, calm) }) },
    ...(subtree !== undefined && { subtree }),
  }
}
