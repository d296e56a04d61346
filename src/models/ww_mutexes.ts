/**
 * Models of ww_mutex: two locks taken in both orders, by contexts that back off. Nobody hangs, everybody gets both.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { EDEADLK } from '../base/errno.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  ww_acquire_ctx,
  ww_acquire_fini,
  ww_acquire_init,
  ww_class,
  ww_class_init,
  ww_mutex,
  ww_mutex_init,
  ww_mutex_lock,
  ww_mutex_unlock,
} from '../sync/index.ts'
import { check, defineModel, type Model } from '../define/model.ts'

interface Pair extends Record<string, number> {
  readonly class: number
  readonly a: number
  readonly b: number
  /** One context per CPU. */
  readonly contexts: number
  readonly counter: number
}

type Body = (s: Pair) => void

/** Takes both, beginning with `first`; backs off as often as it is told to. Returns how often that was. */
function takeBoth(first: number, second: number, ctx: number): number {
  let [held, wanted] = [first, second]
  ww_mutex_lock(as(held), as(ctx))
  for (let backed = 0; ; backed++) {
    const error = ww_mutex_lock(as(wanted), as(ctx))
    if (error === 0) return backed
    check(error === -EDEADLK, `ww_mutex_lock returned ${error}`)
    ww_mutex_unlock(as(held))
    ww_mutex_lock(as(wanted), as(ctx)) // with nothing in hand it only waits
    ;[held, wanted] = [wanted, held]
  }
}

const both =
  (cpu: number, order: (s: Pair) => readonly [number, number], most = Infinity): Body =>
  (s) => {
    const ctx = as<'ww_acquire_ctx'>(s.contexts + cpu * ww_acquire_ctx.words)
    ww_acquire_init(ctx, as(s.class), 'ww_class')
    const [first, second] = order(s)
    const backed = takeBoth(first, second, ctx)
    check(backed <= most, `backed off ${backed} times`)
    write(s.counter, read(s.counter) + 1)
    ww_mutex_unlock(as(first))
    ww_mutex_unlock(as(second))
    ww_acquire_fini(ctx)
  }

const forth = (cpu: number, most?: number): Body => both(cpu, ({ a, b }) => [a, b], most)
const back = (cpu: number, most?: number): Body => both(cpu, ({ a, b }) => [b, a], most)

/** Takes the first without a context, and gives it back. */
function passing({ a }: Pair): void {
  ww_mutex_lock(as(a), as(0))
  ww_mutex_unlock(as(a))
}

function crossed(
  name: string,
  summary: string,
  waitDie: boolean,
  cpus: readonly Body[],
  bound: number,
): Model {
  return defineModel<Pair>({
    name,
    summary,
    setup(scene) {
      const s = {
        class: scene.name(alloc_boot(ww_class.words), 'class', ww_class),
        a: scene.name(alloc_boot(ww_mutex.words), 'lock_a', ww_mutex),
        b: scene.name(alloc_boot(ww_mutex.words), 'lock_b', ww_mutex),
        contexts: alloc_boot(cpus.length * ww_acquire_ctx.words),
        counter: scene.name(alloc_boot(1), 'counter'),
      }
      ww_class_init(as(s.class), waitDie)
      for (const lock of [s.a, s.b]) ww_mutex_init(as(lock), 'lock')
      return s
    },
    cpus,
    finish: ({ counter }) => {
      const all = cpus.filter((body) => body !== passing).length
      check(read(counter) === all, 'somebody did not get both')
    },
    bound,
  })
}

/** Models of ww_mutex. */
export const wwMutexes: readonly Model[] = [
  crossed('ww-wait-die', 'two locks in both orders, wait-die', true, [forth(0), back(1)], 3),
  crossed('ww-wound-wait', 'two locks in both orders, wound-wait', false, [forth(0), back(1)], 3),
  crossed('ww-wound-once', 'the same: who has backed off waits', false, [forth(0, 1), back(1, 1)], 3),
  crossed(
    'ww-wait-die-3',
    'two locks in both orders by 3 CPUs, wait-die',
    true,
    [forth(0), back(1), forth(2)],
    2,
  ),
  crossed(
    'ww-wound-wait-3',
    'two locks in both orders by 3 CPUs, wound-wait',
    false,
    [forth(0), back(1), forth(2)],
    2,
  ),
  // A sleeper holds the other lock; a newcomer of another age comes past it before the one that was woken.
  ...[true, false].map((waitDie) =>
    crossed(
      `ww-barging-${waitDie ? 'die' : 'wound'}`,
      `two locks in both orders, and two that want one of them only: ${waitDie ? 'wait-die' : 'wound-wait'}`,
      waitDie,
      [passing, passing, back(2), forth(3)],
      1,
    ),
  ),
]
