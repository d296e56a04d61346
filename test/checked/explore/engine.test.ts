import { expect, test } from 'vitest'
import {
  cpu_relax,
  current_task,
  fetch_add,
  futex_wait,
  futex_wake,
  FUTEX_MISMATCH,
  FUTEX_TIMEDOUT,
  FUTEX_WOKEN,
  ktime_get_ns,
  read,
  READ_ONCE,
  smp_processor_id,
  write,
  WRITE_ONCE,
} from '#lockstorm/mem/access.checked'
import { alloc_boot } from '#lockstorm/mem/arena'
import { kmem_cache_active, kmem_cache_alloc, kmem_cache_create, kmem_cache_free } from '#lockstorm/mem/slab'
import { struct, word } from '#lockstorm/mem/layout'
import { trace_free } from '#lockstorm/trace/trace.checked'
import { task_of } from '#lockstorm/mem/task'
import { explore } from '#lockstorm/explore/explore'
import { isControl } from '#lockstorm/define/outcome'
import { check, defineModel, type Model } from '#lockstorm/define/model'

type Words = { a: number; b: number }

function model(cpus: readonly ((s: Words) => void)[], more: Partial<Model> = {}): Model {
  return defineModel<Words>({
    name: 'test',
    summary: '',
    setup: (scene) => ({ a: scene.name(alloc_boot(1), 'a'), b: scene.name(alloc_boot(1), 'b') }),
    cpus,
    ...(more as object),
  })
}

const all = { search: 'dpor' } as const
const touch = ({ a }: Words): void => void fetch_add(a, 1)

test('each body runs as its own CPU with its own task', () => {
  const seen = new Set<string>()
  const body = ({ a }: Words): void => {
    fetch_add(a, 1)
    seen.add(`${smp_processor_id()}:${current_task() === task_of(smp_processor_id())}`)
  }
  expect(explore(model([body, body, body]), all).verdict).toBe('holds')
  expect([...seen].toSorted()).toEqual(['0:true', '1:true', '2:true'])
})

test('a body that draws on something uncontrolled is reported, not explored', () => {
  let calls = 0
  const body = ({ a, b }: Words): void => {
    fetch_add(a, 1)
    fetch_add(calls++ % 2 === 0 ? a : b, 1)
    fetch_add(a, 1)
  }
  expect(explore(model([body, body]), all).failure?.kind).toBe('uncontrolled nondeterminism')
})

test('a body that swallows what the engine throws fails, and is told what to rethrow', () => {
  const body = ({ a }: Words): void => {
    try {
      fetch_add(a, 1)
      fetch_add(a, 1)
    } catch {
      // swallowed on purpose
    }
  }
  expect(explore(model([body, body]), all)).toMatchObject({
    verdict: 'fails',
    failure: { message: expect.stringContaining('swallowed') },
  })
})

test('code that catches everything can tell the engine by isControl', () => {
  const body = ({ a }: Words): void => {
    try {
      fetch_add(a, 1)
      fetch_add(a, 1)
    } catch (error) {
      if (isControl(error)) throw error
    }
  }
  expect(explore(model([body, body]), all).verdict).toBe('holds')
})

test('a finally block that unlocks is harmless while its body is unwound', () => {
  const body = ({ a, b }: Words): void => {
    fetch_add(a, 1)
    try {
      fetch_add(b, 1)
      fetch_add(b, 1)
    } finally {
      fetch_add(a, -1)
    }
  }
  const finish = ({ a, b }: Words): void => {
    check(READ_ONCE(a) === 0 && READ_ONCE(b) === 4, `a ${READ_ONCE(a)}, b ${READ_ONCE(b)}`)
  }
  expect(explore(model([body, body], { finish } as Partial<Model>), all).verdict).toBe('holds')
})

test('a sleeper with a time-out wakes up when nobody else can run, and its clock has moved', () => {
  const sleeper = ({ a, b }: Words): void => {
    const before = ktime_get_ns()
    const result = futex_wait(a, 0, 5_000_000)
    check(result === FUTEX_TIMEDOUT, `result ${result}`)
    check(READ_ONCE(b) === 1, 'the other CPU had not finished')
    check(ktime_get_ns() - before >= 5_000_000, 'no time has passed')
  }
  const other = ({ b }: Words): void => WRITE_ONCE(b, 1)
  expect(explore(model([sleeper, other]), all).verdict).toBe('holds')
})

test('early time-outs race with the wake-up: both results are seen', () => {
  const results = new Set<number>()
  const sleeper = ({ a }: Words): void => void results.add(futex_wait(a, 0, 1000))
  const waker = ({ a }: Words): void => {
    WRITE_ONCE(a, 1)
    futex_wake(a, 1)
  }
  explore(model([sleeper, waker], { earlyTimeouts: 1 }), all)
  expect(results).toEqual(new Set([FUTEX_WOKEN, FUTEX_MISMATCH, FUTEX_TIMEDOUT]))
})

test('timed sleepers that find nothing new for ever are a livelock', () => {
  const napper = ({ a }: Words): void => {
    while (READ_ONCE(a) === 0) futex_wait(a, 0, 1000)
  }
  expect(explore(model([napper, napper]), all).failure?.kind).toBe('livelock')
})

test('a loop without cpu_relax runs into the step limit', () => {
  const spinner = ({ a }: Words): void => {
    while (READ_ONCE(a) === 0);
  }
  expect(explore(model([spinner, touch]), { search: 'random', executions: 50 }).failure).toBeUndefined()
  expect(explore(model([spinner, () => {}]), all).failure?.kind).toBe('step limit')
})

test('a body that never reaches a schedule point is stopped', () => {
  const stuck = ({ a }: Words): void => {
    while (read(a) === 0);
  }
  expect(explore(model([stuck, () => {}]), all).failure?.message).toContain('never reaches a schedule point')
})

test('what follows the NULL pointer is reported', () => {
  const body = (): void => void READ_ONCE(5)
  const { failure } = explore(model([body, () => {}]), all)
  expect(failure).toMatchObject({ kind: 'bad address', message: 'NULL pointer dereference: 5' })
})

test('an invariant is checked after every event', () => {
  const body = ({ a, b }: Words): void => {
    fetch_add(a, 1)
    fetch_add(b, 1)
  }
  const invariant = ({ a, b }: Words): void => check(read(a) - read(b) < 2, 'two ahead')
  expect(explore(model([body, body], { invariant } as Partial<Model>), all).failure?.kind).toBe('invariant')
})

const thing = struct('explorer_test_thing', { value: word })

test('objects come from the real slab allocator, and go back', () => {
  let cache = 0 as ReturnType<typeof kmem_cache_create>
  const m = defineModel({
    name: 'slab',
    summary: '',
    setup: () => {
      cache = kmem_cache_create(thing)
      return { cache }
    },
    cpus: [0, 1].map(() => () => {
      const object = kmem_cache_alloc(cache, thing)
      write(object, 1)
      kmem_cache_free(cache, thing, object)
    }),
    finish: () => check(kmem_cache_active(cache) === 0, 'objects left'),
    leaks: true,
  })
  expect(explore(m, all).verdict).toBe('holds')
})

/** Long sleeps end when nobody else can run: whoever has napped knows that the others are asleep. */
const nap = ({ nap: word }: Naps, ns: number): void => void futex_wait(word, 0, ns)
type Naps = { a: number; b: number; nap: number }
const napping = (cpus: readonly ((s: Naps) => void)[]): Model =>
  defineModel<Naps>({
    name: 'test',
    summary: '',
    setup: (scene) => ({
      a: scene.name(alloc_boot(1), 'a'),
      b: scene.name(alloc_boot(3), 'b', 3),
      nap: scene.name(alloc_boot(1), 'nap'),
    }),
    cpus,
  })

test('wake-ups are first in, first out', () => {
  const sleeper = (me: number) => (s: Naps) => {
    if (me > 0) nap(s, 1_000)
    WRITE_ONCE(s.b + 2, me)
    futex_wait(s.a, 0)
    WRITE_ONCE(s.b + me, 1)
  }
  const waker = (s: Naps): void => {
    while (READ_ONCE(s.b + 2) === 0) cpu_relax()
    nap(s, 1_000)
    futex_wake(s.a, 1)
    nap(s, 1_000)
    check(READ_ONCE(s.b) === 1 && READ_ONCE(s.b + 1) === 0, 'the last to come was woken first')
    futex_wake(s.a, 1)
  }
  expect(explore(napping([sleeper(0), sleeper(1), waker]), all).verdict).toBe('holds')
})

test('what the waker did is before what the woken one does, though no word has changed', () => {
  const sleeper = (s: Naps): void => {
    futex_wait(s.a, 0)
    check(read(s.b) === 1, 'woken before it was written')
  }
  const waker = (s: Naps): void => {
    nap(s, 1_000)
    write(s.b, 1)
    futex_wake(s.a, 1)
  }
  expect(explore(napping([sleeper, waker]), all).verdict).toBe('holds')
})

test('a plain read and a marked write of another CPU race', () => {
  const found = explore(model([({ a }) => void read(a), ({ a }) => WRITE_ONCE(a, 1)]), all)
  expect(found.failure?.kind).toBe('data race')
})

test.each<[string, (addr: number) => void]>([
  ['read plainly', (addr) => void read(addr)],
  ['read', (addr) => void READ_ONCE(addr)],
  ['written', (addr) => WRITE_ONCE(addr, 1)],
  ['changed', (addr) => void fetch_add(addr, 1)],
  ['waited on', (addr) => void futex_wait(addr, 1)],
])('a freed word may not be %s', (_, use) => {
  const found = explore(model([({ a }) => trace_free(a, 1, 'a'), ({ a }) => use(a)]), all)
  expect(found.failure?.kind).toBe('use after free')
})
