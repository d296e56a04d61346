/**
 * Cuts the tree of a search into parts that can be searched apart, the same ones each time: whoever searches part 3 of 16 needs to
 * know nothing of the others.
 *
 * Invariant   every schedule is in exactly one subtree. A subtree is divided where its first execution has a choice left for the
 *             first time, into what is left there, as searches give parts to idle cores, and the branch that this execution took.
 * Cost        one execution for each subtree.
 */
import { CHOICE, ROW, T_CPU, T_ENABLED, T_SLEEP, T_X } from '../engine/rows.ts'
import { runPhase, type Phase } from './phase.ts'
import { HUNGRY, SHARED_WORDS, STOP, type Engine, type Subtree } from './search.ts'

/** Which part, counted from 1. */
export interface Part {
  readonly index: number
  readonly of: number
}

/** Subtrees for each part: they differ in size, and several even that out. */
const PER_PART = 4

/** The branch that the execution that has just run took at this depth. */
function taken({ rows }: Engine, plan: readonly number[], isDfs: boolean): Subtree {
  const row = plan.length * ROW
  const picks = (rows[row + T_ENABLED]! & CHOICE) !== 0
  const who = picks ? rows[row + T_X]! : rows[row + T_CPU]!
  const sleep = isDfs ? 0 : rows[row + T_SLEEP]! & (picks ? -1 : ~(1 << who))
  return { plan: [...plan, who], sleep }
}

/** Divides a subtree; alone with itself where its only execution has no choice. */
function divide(engine: Engine, phase: Phase, subtree: Subtree | undefined): readonly Subtree[] | undefined {
  const words = new Int32Array(SHARED_WORDS)
  // One execution, of which whatever can be given away is.
  words[HUNGRY] = words[STOP] = 1
  const parts: Subtree[] = []
  const give = (some: readonly Subtree[]): void => void parts.push(...some)
  const sharing = { words, give, glance: 1 }
  runPhase(engine, phase, { sharing, ...(subtree !== undefined && { subtree }) })
  const [first] = parts
  if (first === undefined) return undefined
  return [taken(engine, first.plan.slice(0, -1), phase.search === 'dfs'), ...parts]
}

/** The subtrees of one part. Empty where the tree has fewer than there are parts. */
export function subtreesOf(engine: Engine, phase: Phase, { index, of }: Part): Subtree[] {
  const open: (Subtree | undefined)[] = [undefined]
  const leaves: Subtree[] = []
  // Broad first: what lies near the root is large.
  for (let next = 0; next < open.length && open.length - next + leaves.length < of * PER_PART; next++) {
    const parts = divide(engine, phase, open[next])
    if (parts !== undefined) open.push(...parts)
    else leaves.push(open[next] ?? { plan: [], sleep: 0 })
    open[next] = undefined
  }
  const all = [...leaves, ...open.filter((one) => one !== undefined)]
  return all.filter((_, i) => i % of === index - 1)
}
