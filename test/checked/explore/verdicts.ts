import { explore, replay, type Replayed } from '#lockstorm/explore/explore'
import type { Model } from '#lockstorm/define/model'
import type { Failure, Verdict } from '#lockstorm/explore/verdict'

/** Lets the timers of this thread run: tests that never wait would starve the watchdog's heartbeat. Before each test. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** The models of which no failure is expected, in any schedule or up to their bound, and those that must fail. */
export function sorted(models: readonly Model[]): Record<'small' | 'large' | 'broken', readonly Model[]> {
  const sound = models.filter(({ expect }) => expect === undefined)
  return {
    small: sound.filter(({ bound }) => bound === undefined),
    large: sound.filter(({ bound }) => bound !== undefined),
    broken: models.filter(({ expect }) => expect !== undefined),
  }
}

/** Models that short tests leave before they are exhausted: `npm run check:long` sees all of each. */
const LONG: readonly RegExp[] = [
  /^(spinlock|mutex|ww-mutex|rwsem|rwlock|percpu-rwsem)-3$/,
  /^(mcs|semaphore|ww-mutex|rwsem|rwlock|percpu-rwsem|ww-barging-wound|completion-reinit|condition-3)$/,
  /^(spinlock-handoff|spinlock-timeout-3|mutex-handoff|semaphore-handoff|semaphore-handover|rwsem-handoff|wait-queue-exclusive-2|once-throws)$/,
  /^(rwsem|rwlock|percpu-rwsem|seqlock)-(3-writers|trylock-3)$/,
  /^(ww-wait-die-3|ww-wound-wait-3|completion-3|completion-timeout-3|srcu-updaters|srcu-poll-sync)$/,
  /^notifier-(3|calls):blocking$/,
  /^(handover-duty|handover-busy-asker|wait-queue-in-front)$/,
  /^uuid-3:/,
  /^condition-tokens:timed\+timed$/,
  /^channel-tokens:(take|timed)\+timed$/,
  /^semaphore-(behind-two|timeout|tokens:trytake\+async-two)$/,
  /^completion-tokens:trytake\+timed$/,
  /^(ticket|mcs|semaphore|ww-mutex)-barge$/,
  /^robust-mutex(-3|-barge|-timeout|-timeout-3)?$/,
  /^(told|channel-receivers|channel-timeout|barrier-timeout-3)$/,
]

/** Splits off the models that short tests leave early. */
export function byLength(models: readonly Model[]): Record<'short' | 'long', readonly Model[]> {
  const isLong = ({ name }: Model): boolean => LONG.some((pattern) => pattern.test(name))
  return { short: models.filter((model) => !isLong(model)), long: models.filter(isLong) }
}

/** Limits count executions only: a busy machine must not change a verdict. */
const ms = Infinity

/** Source-DPOR, up to so many executions. */
export function dpor(model: Model, executions: number): Verdict {
  return explore(model, { search: 'dpor', executions, ms })
}

/** Every schedule up to the model's bound, up to so many executions; as many again for the smaller bounds with which it begins. */
export function upToBound(model: Model, executions: number): Verdict {
  return explore(model, { search: 'dfs', bound: model.bound ?? 0, executions: 2 * executions, ms })
}

/** Every interleaving, or every schedule up to the model's bound if it states one; up to so many executions. */
export function exhaust(model: Model, executions: number): Verdict {
  if (model.bound === undefined) return dpor(model, executions)
  return explore(model, { search: 'dfs', bound: model.bound, executions, ms })
}

/** Partial order sampling, so many executions. */
export function pos(model: Model, executions: number): Verdict {
  return explore(model, { search: 'pos', executions, ms })
}

/** What 100 executions of DPOR find, or 10,000 of POS. */
export function found(model: Model): Failure | undefined {
  return dpor(model, 100).failure ?? pos(model, 10_000).failure
}

/** Replays a failure so many times. Returns the runs that differ from the first, or from what was found. */
export function strayReplays(model: Model, failure: Failure | undefined, times: number): Replayed[] {
  const schedule = failure?.replay ?? ''
  const first = replay(model, schedule)
  const runs = Array.from({ length: times }, () => replay(model, schedule))
  const same = (run: Replayed): boolean =>
    run.outcome === failure?.kind &&
    run.sameCode &&
    run.replay === schedule &&
    run.ladder.join() === first.ladder.join()
  return runs.filter((run) => !same(run))
}
