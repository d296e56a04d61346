import { expect, test } from 'vitest'
import { explore, mustExhaust, type Program } from '#lockstorm/explore/helper/index'
import { Captures } from '#lockstorm/explore/helper/source/captured'
import { outlineOf } from '#lockstorm/explore/helper/source/outline'
import { Outsides } from '#lockstorm/explore/helper/source/outside'

type Body = (m: Int32Array) => void

const lock: Body = (m) => {
  if (Atomics.compareExchange(m, 0, 0, 1) !== 0) while (Atomics.exchange(m, 0, 2) !== 0) Atomics.wait(m, 0, 2)
}
const unlock: Body = (m) => {
  if (Atomics.exchange(m, 0, 0) === 2) Atomics.notify(m, 0, 1)
}
const rounds =
  (n: number): Body =>
  (m) => {
    for (let i = 0; i < n; i++) {
      lock(m)
      m[1]!++
      unlock(m)
    }
  }

const mutex = (threads: number, n: number): Program => ({
  memory: 2,
  threads: Array.from({ length: threads }, () => rounds(n)).fill(rounds(n)),
  finish: (m) => {
    expect(m[1]).toBe(threads * n)
  },
})

test('a futex mutex is exhausted in two threads of five rounds, and in four of one', () => {
  const verdict = mustExhaust(mutex(2, 5), { ms: 60_000 })
  expect(verdict.coverage.find(({ search }) => search === 'states')).toMatchObject({ exhausted: true })
  mustExhaust(mutex(4, 1), { ms: 60_000, search: 'states' })
}, 120_000)

test('with a notify left out it fails, and the ladder is that of the bodies themselves', () => {
  const forgets: Body = (m) => {
    lock(m)
    m[1]!++
    Atomics.exchange(m, 0, 0)
  }
  const { failure } = explore({ memory: 2, threads: [forgets, forgets, forgets] }, { search: 'states' })
  expect(failure?.kind).toBe('lost wake-up')
  expect(failure?.ladder.join('\n')).toContain('learning.test.ts')
})

const FEW = { one: 1, list: [1] }
const list: number[] = []
const deep: { a: number }[] = []
const hidden = {
  get next(): number {
    return ++count
  },
}
const plan: Record<string, number> = {}
let count = 0
const counts = (): number => ++count
const makes = (): (() => number) => {
  let n = 0
  return () => n++
}

test.for<[string, (m: Int32Array) => unknown, boolean]>([
  ['an outer constant', (m) => Atomics.add(m, 0, FEW.one), true],
  ['functions that are harmless', (m) => rounds(1) === undefined || lock(m), false],
  ['a mutex', (m) => [lock(m), unlock(m)], true],
  ['an outer variable that is read', (m) => Atomics.add(m, 0, count), true],
  ['an outer variable that is assigned', (m) => (count = Atomics.load(m, 0)), false],
  ['one that is counted up', () => count++, false],
  ['one that is counted down before', () => --count, false],
  ['one that a pattern assigns', (m) => ([count] = [m[0] as number]), false],
  ['one of an object pattern', (m) => ({ length: count } = m), false],
  ['an outer list', (m) => list.push(Atomics.load(m, 0)), false],
  ['an element of it', (m) => (list[0] = Atomics.load(m, 0)), false],
  ['an element that a variable tells', (m) => (list[m.length] = Atomics.load(m, 0)), false],
  ['one that is counted up', (m) => list[m.length]!++, false],
  ['one behind another name', (m) => (FEW.list[m.length] = Atomics.load(m, 0)), false],
  ['an element that is read', (m) => Atomics.add(m, 0, FEW.list[m.length] ?? 0), true],
  ['an element of an element', (m) => (deep[m.length]!.a = Atomics.load(m, 0)), false],
  ['a property that counts', (m) => Atomics.add(m, 0, hidden.next), false],

  ['a property', (m) => (plan['a'] = Atomics.load(m, 0)), false],
  [
    'another name for it',
    () => {
      const other = list
      other.push(1)
    },
    false,
  ],
  ['an object handed on', (m) => m.set(FEW.list), false],
  ['what it calls counts', (m) => Atomics.add(m, 0, counts()), false],
  ['what it calls makes a closure', () => makes(), false],
  ['a global that keeps', () => console.log('x'), false],
  ['a global object', () => globalThis, false],
  [
    'a property of Math',
    () => {
      Object.assign(Math, { x: 1 })
    },
    false,
  ],
  [
    'what it makes itself',
    (m) => {
      const own = new Int32Array(m.buffer)
      own[0] = 1
      let n = 0
      n++
      return n
    },
    true,
  ],
])('outside of the memory: %s', ([, body, inside]) => {
  using captures = new Captures()
  expect(new Outsides(captures).none(body)).toBe(inside)
})

test('what bodies leave outside is there for finish, in every execution', () => {
  const seen = new Set<string>()
  let [left, right] = [-1, -1]
  const a: Body = (m) => {
    Atomics.store(m, 0, 1)
    left = Atomics.load(m, 1)
  }
  const b: Body = (m) => {
    Atomics.store(m, 1, 1)
    right = Atomics.load(m, 0)
  }
  const finish = (): void => void seen.add(`${left}${right}`)
  const verdict = explore({ memory: 2, threads: [a, b], finish }, { search: 'dfs' })
  expect(verdict.verdict).toBe('holds')
  expect([...seen].toSorted()).toEqual(['01', '10', '11'])
  const cut = explore({ memory: 2, threads: [a, b], finish }, { search: 'dpor', executions: 2 })
  expect(cut.limits?.join()).toContain('threads[0], or what it calls, may change or keep something outside')
})

test('what bodies leave in a list outside, each at its own place, finish sees', () => {
  const seen = new Set<string>()
  const left: number[] = []
  const at = [0, 1]
  const body =
    (i: number): Body =>
    (m) => {
      left[i] = -1
      Atomics.store(m, i, 1)
      left[i] = Atomics.load(m, at[1 - i]!)
    }
  const finish = (): void => void seen.add(left.join())
  expect(explore({ memory: 2, threads: [body(0), body(1)], finish }).verdict).toBe('holds')
  expect([...seen].toSorted()).toEqual(['0,1', '1,0', '1,1'])
})

test('what a body keeps on a view of its own is told from other values; on that of all bodies it is refused', () => {
  const keeps: Body = (m) => {
    const view: Int32Array & { n?: number } = new Int32Array(m.buffer)
    view.n = Atomics.load(m, 0)
    Atomics.load(m, 1)
    if (view.n === 1) throw new Error('found')
  }
  const stores: Body = (m) => void Atomics.store(m, 0, 1)
  expect(explore({ memory: 2, threads: [keeps, stores] }).failure?.message).toBe('found')
  const leaves: Body = (m) => void Object.assign(m, { n: Atomics.load(m, 0) })
  expect(() => explore({ memory: 2, threads: [leaves, stores] })).toThrow(/keeps a property on the view/)
})

test('a memory of the caller is searched by states too, and is not touched', () => {
  const memory = new SharedArrayBuffer(8)
  const program = { ...mutex(2, 2), memory }
  expect(explore(program, { search: 'states' }).verdict).toBe('holds')
  expect([...new Int32Array(memory)]).toEqual([0, 0])
})

test('a loop that never ends is left to the searches that know steps', () => {
  const spins: Body = (m) => {
    while (Atomics.load(m, 0) === 0);
  }
  const program: Program = { memory: 1, threads: [spins, spins], maxSteps: 50 }
  expect(explore(program, { search: 'states' }).coverage[0]).toMatchObject({ exhausted: false })
  expect(explore(program, { search: 'dfs' }).failure?.kind).toBe('step limit')
})

test('the outline of a function says which variables have values where', () => {
  const body: Body = (m) => {
    let a = 1
    for (let i = 0; i < 2; i++) {
      const b = a
      Atomics.add(m, 0, b)
    }
    a = 2
    Atomics.add(m, 0, a)
  }
  const names = new Set(outlineOf(body)?.places.map((place) => place.names.join()))
  expect([...names]).toEqual(['m', 'm,a', 'm,a,i', 'm,a,i,b'])
  const hidden: Body[] = [
    (m) => {
      for (const x of [1]) Atomics.add(m, 0, x)
    },
    (m) => {
      try {
        m[0] = 1
      } finally {
        m[0] = 2
      }
    },
    (m) => {
      switch (m[0] ?? 0) {
        default:
      }
    },
    (m) => {
      const [x] = m
      Atomics.add(m, 0, x as number)
    },
    (m) => {
      m.forEach((x) => x)
    },
    function (this: unknown, m) {
      if (this === m) m[0] = 1
    },
  ]
  expect(hidden.map((one) => outlineOf(one))).toEqual(hidden.map(() => undefined))
})

test('beside bodies with an effect outside only an invariant that looks at the memory alone lets them be learned', () => {
  let ghost = 0
  const one: Body = (m) => {
    ghost = 0
    Atomics.add(m, 0, 1)
    ghost = 1
    Atomics.add(m, 0, 1)
    ghost = 0
  }
  const other: Body = (m) => {
    Atomics.add(m, 1, 1)
    Atomics.add(m, 1, 1)
  }
  const looksOutside: Body = (m) => {
    if (ghost === 1 && m[1] === 2) throw new Error('one is inside')
  }
  const looksAtMemory: Body = (m) => {
    if (m[1]! > 2) throw new Error('too many')
  }
  const program: Program = { memory: 2, threads: [one, other], invariant: looksOutside }
  // Where bodies did not run, the invariant would not see what they do outside.
  expect(explore(program, { search: 'dfs' }).failure?.kind).toBe('invariant')
  mustExhaust({ ...program, invariant: looksAtMemory })
  using captures = new Captures()
  const outsides = new Outsides(captures)
  expect([looksOutside, looksAtMemory].map((code) => outsides.closed(code))).toEqual([false, true])
})
