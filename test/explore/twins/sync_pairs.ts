import { choose, cpuRelax, type Program } from '#lockstorm/explore/helper/index'

// Programs that are wrong, and beside each its twin that is right: a lock, a flag, a ring or a counter, in one view each.

export type Body = (m: Int32Array) => void
export interface Pair {
  readonly name: string
  readonly wrong: Program
  readonly right: Program
}

const must = (condition: boolean, message: string): void => {
  if (!condition) throw new Error(message)
}
const lock = (m: Int32Array, at = 0): void => {
  while (Atomics.compareExchange(m, at, 0, 1) !== 0) Atomics.wait(m, at, 1)
}
const unlock = (m: Int32Array, at = 0): void => {
  Atomics.store(m, at, 0)
  Atomics.notify(m, at, 1)
}
const raise = (m: Int32Array): void => {
  Atomics.store(m, 0, 1)
  Atomics.notify(m, 0)
}
const awaitFlag = (m: Int32Array): void => {
  while (Atomics.load(m, 0) === 0) Atomics.wait(m, 0, 0)
}

type Get = (m: Int32Array) => number
type Set = (m: Int32Array, value: number) => void
type ViewName =
  | 'Int8Array'
  | 'Uint8Array'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'

/** Word 4 and 5 of the memory, as an element of some view. */
const typed = (name: ViewName): readonly [string, Get, Set] => {
  const of = (m: Int32Array): Uint8Array =>
    new globalThis[name](m.buffer as ArrayBuffer, 16, 1) as unknown as Uint8Array
  return [name, (m) => of(m)[0]!, (m, value) => void (of(m)[0] = value)]
}
const big = (m: Int32Array): BigInt64Array => new BigInt64Array(m.buffer as ArrayBuffer, 16, 1)
const data = (m: Int32Array): DataView => new DataView(m.buffer as ArrayBuffer, 16)
const CELLS: readonly (readonly [string, Get, Set])[] = [
  ...(
    [
      'Int8Array',
      'Uint8Array',
      'Int16Array',
      'Uint16Array',
      'Uint32Array',
      'Float32Array',
      'Float64Array',
    ] as const
  ).map(typed),
  ['BigInt64Array', (m) => Number(big(m)[0]), (m, value) => void (big(m)[0] = BigInt(value))],
  ['DataView, one byte', (m) => data(m).getUint8(3), (m, value) => data(m).setUint8(3, value)],
  ['DataView, not aligned', (m) => data(m).getUint32(2), (m, value) => data(m).setUint32(2, value)],
  ['DataView, Float64', (m) => data(m).getFloat64(0), (m, value) => data(m).setFloat64(0, value)],
]

/** A payload that is published before it is written. */
const published = ([name, get, set]: (typeof CELLS)[number]): Pair => {
  const read: Body = (m) => {
    awaitFlag(m)
    must(get(m) === 9, 'the payload is not there')
  }
  const wrong: Body = (m) => {
    raise(m)
    set(m, 9)
  }
  const right: Body = (m) => {
    set(m, 9)
    raise(m)
  }
  const of = (write: Body): Program => ({ memory: 6, threads: [read, write] })
  return { name: `${name}: published before it is written`, wrong: of(wrong), right: of(right) }
}

/** A counter that is counted up without its lock; not a race for the explorer's detector, since that is switched off. */
const counted = ([name, get, set]: (typeof CELLS)[number]): Pair => {
  const bare: Body = (m) => set(m, get(m) + 1)
  const held: Body = (m) => {
    lock(m)
    bare(m)
    unlock(m)
  }
  const finish: Body = (m) => must(get(m) === 2, 'an update is lost')
  const of = (body: Body): Program => ({ memory: 6, threads: [body, body], finish, races: false })
  return { name: `${name}: counted without a lock`, wrong: of(bare), right: of(held) }
}

type AtomicName = 'Int8Array' | 'Uint8Array' | 'Int16Array' | 'Uint16Array' | 'Int32Array' | 'Uint32Array'

/** Read and write instead of one operation. */
const added = (name: AtomicName): Pair => {
  const of = (m: Int32Array): Int32Array =>
    new globalThis[name](m.buffer as ArrayBuffer) as unknown as Int32Array
  const split: Body = (m) => void Atomics.store(of(m), 3, Atomics.load(of(m), 3) + 1)
  const whole: Body = (m) => void Atomics.add(of(m), 3, 1)
  const finish: Body = (m) => must(of(m)[3] === 2, 'an update is lost')
  const program = (body: Body): Program => ({ memory: 4, threads: [body, body], finish })
  return { name: `Atomics on ${name}: read, then written`, wrong: program(split), right: program(whole) }
}

const ring = (publishFirst: boolean): Program => {
  const write: Body = (m) => {
    for (const value of [5, 6]) {
      const head = Atomics.load(m, 0)
      if (publishFirst) Atomics.store(m, 0, head + 1)
      new Uint8Array(m.buffer)[8 + head] = value
      if (!publishFirst) Atomics.store(m, 0, head + 1)
    }
  }
  const read: Body = (m) => {
    const head = Atomics.load(m, 0)
    for (let i = 0; i < head; i++) must(new Uint8Array(m.buffer)[8 + i] === 5 + i, 'a slot is empty')
  }
  return { memory: 3, threads: [write, read] }
}

const tornBig = (plain: boolean): Program => {
  const of = (m: Int32Array): BigUint64Array => new BigUint64Array(m.buffer as ArrayBuffer)
  const write: Body = (m) => {
    if (plain) of(m)[0] = 0x1_0000_0001n
    else Atomics.store(of(m), 0, 0x1_0000_0001n)
  }
  const read: Body = (m) => {
    const value = plain ? of(m)[0] : Atomics.load(of(m), 0)
    must(value === 0n || value === 0x1_0000_0001n, 'half a value')
  }
  return { memory: 2, threads: [write, read], races: false }
}

const spin = (clears: boolean): Program => {
  const body: Body = (m) => {
    while (Atomics.exchange(m, 0, 1) !== 0) cpuRelax()
    m[1]!++
    if (clears) Atomics.store(m, 0, 0)
  }
  return { memory: 2, threads: [body, body] }
}

const abba = (same: boolean): Program => {
  const body =
    (x: number, y: number): Body =>
    (m) => {
      lock(m, x)
      lock(m, y)
      unlock(m, y)
      unlock(m, x)
    }
  return { memory: 2, threads: [body(0, 1), same ? body(0, 1) : body(1, 0)] }
}

const woken = (all: boolean): Program => {
  const tell: Body = (m) => {
    Atomics.store(m, 0, 1)
    Atomics.notify(m, 0, all ? Infinity : 1)
  }
  return { memory: 1, threads: [awaitFlag, awaitFlag, tell] }
}

const timed = (rechecks: boolean): Program => {
  const waits: Body = (m) => {
    const result = Atomics.wait(m, 0, 0, 10)
    must(result !== 'timed-out' || (rechecks && Atomics.load(m, 0) !== 1), 'given up although it is there')
  }
  return { memory: 1, threads: [waits, raise], earlyTimeouts: rechecks ? 0 : 1 }
}

const dice = (n: number): Program => ({
  memory: 1,
  threads: [(m) => void Atomics.add(m, 0, choose(n)), (m) => void Atomics.add(m, 0, 1)],
  finish: (m) => must(m[0]! < 4, 'too many'),
})

const seqlock = (checksOdd: boolean): Program => {
  const write: Body = (m) => {
    Atomics.add(m, 0, 1)
    new Float32Array(m.buffer)[1] = 1
    new Float32Array(m.buffer)[2] = 1
    Atomics.add(m, 0, 1)
  }
  const read: Body = (m) => {
    const before = Atomics.load(m, 0)
    const [a, b] = [new Float32Array(m.buffer)[1], new Float32Array(m.buffer)[2]]
    if ((checksOdd && before % 2 !== 0) || Atomics.load(m, 0) !== before) return
    must(a === b, 'torn')
  }
  return { memory: 3, threads: [write, read], races: false }
}

const spurious = (loops: boolean): Program => {
  const waits: Body = (m) => {
    if (loops) awaitFlag(m)
    else Atomics.wait(m, 0, 0)
    must(Atomics.load(m, 0) === 1, 'woken for nothing')
  }
  return { memory: 1, threads: [waits, raise], spuriousWakeups: 1 }
}

/** All pairs of synchronous bodies. */
export const SYNC_PAIRS: readonly Pair[] = [
  ...CELLS.map(published),
  ...CELLS.map(counted),
  ...(['Int8Array', 'Uint8Array', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'] as const).map(
    added,
  ),
  { name: 'a ring of bytes that counts up first', wrong: ring(true), right: ring(false) },
  { name: 'a BigUint64 written plainly', wrong: tornBig(true), right: tornBig(false) },
  { name: 'a spinlock that is not given back', wrong: spin(false), right: spin(true) },
  { name: 'two locks in two orders', wrong: abba(false), right: abba(true) },
  { name: 'one of two sleepers woken', wrong: woken(false), right: woken(true) },
  { name: 'a time-out taken for an answer', wrong: timed(false), right: timed(true) },
  { name: 'a choice too many', wrong: dice(4), right: dice(3) },
  { name: 'a seqlock that reads while it is odd', wrong: seqlock(false), right: seqlock(true) },
  { name: 'a wake-up believed', wrong: spurious(false), right: spurious(true) },
]
