/**
 * From what the threads of a torture did last to guides for the explorer: the order in which the bodies of a small program would have
 * done it.
 *
 * Who    a body stands for a thread that took the lock in its way; each choice of threads is a guide.
 * When   a body takes the lock once or twice, a thread many thousand times: of what is alike otherwise the last comes first.
 *        But most of the time threads take the lock one after the other, from which there is nothing to learn: where they alternate
 *        most, it is like what fails.
 */
import type { OwnEvent } from '../results/own_events.ts'
import type { Guide } from './searches/near.ts'

/** What a body does: takes the lock in this way, so often. */
export interface Doing {
  readonly call: string
  readonly rounds: number
}

/** Guides of one program. */
const MOST_GUIDES = 24
/** Threads that are taken into account, those that did something last first. */
const MOST_THREADS = 4

/** A thread takes the lock and gives it back; or it is still about it. */
interface Round {
  readonly call: string
  /** Where its events are among all. */
  readonly at: readonly number[]
}

/** The rounds of each thread, in order. */
function roundsOf(events: readonly OwnEvent[]): Map<number, Round[]> {
  const found = new Map<number, (Round & { readonly at: number[] })[]>()
  for (const [i, { thread, what, word }] of events.entries()) {
    const rounds = found.get(thread) ?? []
    found.set(thread, rounds)
    if (word !== undefined) rounds.at(-1)?.at.push(i)
    else if (!what.startsWith('unlock')) rounds.push({ call: what, at: [] })
  }
  return found
}

/** All ways to give bodies one of these threads each; bodies that do the same may change places, and do so once. */
function* choices(
  bodies: readonly Doing[],
  threads: readonly number[],
  chosen: readonly number[] = [],
): Generator<readonly number[]> {
  const body = bodies[chosen.length]
  if (body === undefined) {
    yield chosen
    return
  }
  const before = bodies[chosen.length - 1]
  const alike = before?.call === body.call && before.rounds === body.rounds
  const from = alike ? threads.indexOf(chosen.at(-1) ?? -1) + 1 : 0
  for (const thread of threads.slice(from))
    if (!chosen.includes(thread)) yield* choices(bodies, threads, [...chosen, thread])
}

/** The last rounds of a body's kind that have begun before this event. */
function lastRounds(all: readonly Round[], { call, rounds }: Doing, before: number): readonly Round[] {
  return all.filter((round) => round.call === call && (round.at[0] ?? Infinity) < before).slice(-rounds)
}

/** Guides for a program with these bodies, the likeliest first. Empty where the events have nothing to say to it. */
export function guidesFor(events: readonly OwnEvent[], bodies: readonly Doing[]): Guide[] {
  const rounds = roundsOf(events)
  const threads = [...rounds.keys()]
    .toSorted((a, b) => lastOf(events, b) - lastOf(events, a))
    .slice(0, MOST_THREADS)
  const cuts = [...new Set([...rounds.values()].flat().map(({ at }) => at[0] ?? 0))].toSorted((a, b) => b - a)
  const found = new Map<string, Guide>()
  for (const before of [events.length, ...cuts]) {
    for (const chosen of choices(bodies, threads)) {
      const guide = guideOf(rounds, bodies, chosen, before)
      if (guide !== undefined) found.set(guide.join(), guide)
    }
  }
  const all = [...found.values()].toSorted((a, b) => switchesOf(b) - switchesOf(a))
  return all.slice(0, MOST_GUIDES)
}

/** How often somebody else went on. */
function switchesOf(guide: Guide): number {
  return guide.filter((cpu, i) => i > 0 && cpu !== guide[i - 1]).length
}

function lastOf(events: readonly OwnEvent[], thread: number): number {
  return events.findLastIndex((event) => event.thread === thread)
}

/** Who did something in the rounds that the bodies stand for, in order; undefined if a thread has none of its kind. */
function guideOf(
  rounds: ReadonlyMap<number, readonly Round[]>,
  bodies: readonly Doing[],
  chosen: readonly number[],
  before: number,
): Guide | undefined {
  const steps: { readonly cpu: number; readonly at: number }[] = []
  for (const [cpu, body] of bodies.entries()) {
    const mine = lastRounds(rounds.get(chosen[cpu] ?? -1) ?? [], body, before)
    if (mine.length === 0) return undefined
    steps.push(...mine.flatMap(({ at }) => at.map((i) => ({ cpu, at: i }))))
  }
  return steps.toSorted((a, b) => a.at - b.at).map(({ cpu }) => cpu)
}
