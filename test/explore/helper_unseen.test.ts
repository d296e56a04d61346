/**
 * What reaches a program's memory past the explorer, and what a check does to it.
 */
import { expect, test } from 'vitest'
import { explore, exploreAsync, type AsyncProgram, type Program } from '#lockstorm/explore/helper/index'

const sab = new SharedArrayBuffer(16)
const words = new Int32Array(sab)
const view = new DataView(sab)
const big = new BigInt64Array(sab)
const bytes = new Uint8Array(sab)

const reads: [string, () => boolean][] = [
  ['Int32Array', () => words[1] === 3],
  ['BigInt64Array', () => big[0] === 3n << 32n],
  ['Uint8Array', () => bytes[4] === 3],
]

test.each(reads)(
  'an unseen read that asks for one value of a word is refused: %s',
  async (_name, isThree) => {
    const reader = (m: Int32Array): void => {
      Atomics.load(m, 0)
      if (isThree()) throw new Error('three')
    }
    const writers: ((m: Int32Array) => void)[] = [
      (m) => void Atomics.store(m, 1, 3),
      (m) => {
        Atomics.store(m, 1, 3)
        Atomics.store(m, 1, 0)
      },
    ]
    for (const writer of writers) {
      const program: Program = { memory: sab, threads: [reader, writer] }
      expect(() => explore(program)).toThrow('does not see')
      const later: AsyncProgram = {
        memory: sab,
        threads: [
          async (m) => {
            await Promise.resolve()
            reader(m)
          },
          async (m) => writer(m),
        ],
      }
      // eslint-disable-next-line no-await-in-loop -- one exploration at a time
      await expect(exploreAsync(later)).rejects.toThrow('does not see')
    }
    expect([...words]).toEqual([0, 0, 0, 0])
  },
)

test('an unseen read that asks for a combination of values is refused', () => {
  const reader = (m: Int32Array): void => {
    Atomics.load(m, 0)
    if (words[1] === 3 && words[2] === 5) throw new Error('both')
  }
  const writer = (m: Int32Array): void => {
    Atomics.store(m, 1, 3)
    Atomics.store(m, 1, 4)
    Atomics.store(m, 2, 6)
    Atomics.store(m, 2, 5)
  }
  expect(() => explore({ memory: sab, threads: [reader, writer] })).toThrow('does not see')
})

test('an unseen read in one schedule of many is refused, though it decides a value only', () => {
  // A hash of 31 bits takes the one for the other.
  const [one, two] = [56_048, 77_379]
  const seen: number[] = []
  const readsBetween =
    (pattern: readonly number[]) =>
    (m: Int32Array): void => {
      seen.length = 0
      for (let i = 0; i < pattern.length; i++) seen.push(Atomics.add(m, 0, 1))
      const isPattern = pattern.every((value, i) => seen[i] === value)
      const isUnseen = words[0] === 0 && words[1] === two
      Atomics.store(m, 2, isPattern && isUnseen ? 1 : 0)
    }
  const writer = (m: Int32Array): void => {
    for (let i = 0; i < 4; i++) Atomics.add(m, 0, 1)
    Atomics.store(m, 1, one)
    Atomics.store(m, 1, two)
  }
  const verdict = (pattern: readonly number[]): string =>
    explore({ memory: sab, threads: [readsBetween(pattern), writer] }, { search: 'dpor' }).verdict
  expect(() => verdict([0, 2, 4, 6])).toThrow('does not see')
  expect(() => verdict([1, 4, 5, 7])).toThrow('does not see')
  expect(verdict([0, 0, 0, 0])).toBe('holds')
})

test('a DataView made before the run is seen, and races', () => {
  const reader = (m: Int32Array): void => {
    Atomics.load(m, 0)
    if (view.getInt32(4, true) === 3) throw new Error('three')
  }
  const threads = [reader, (m: Int32Array) => void Atomics.store(m, 1, 3)]
  expect(explore({ memory: sab, threads }).failure?.kind).toBe('data race')
})

const add = (m: Int32Array): void => void Atomics.add(m, 0, 1)

const writes: [string, (m: Int32Array) => void][] = [
  ['a plain write', (m) => void (m[0] = 0)],
  ['a byte', (m) => void (new Uint8Array(m.buffer)[0] = 0)],
  ['a DataView', (m) => new DataView(m.buffer).setInt16(0, 0)],
  ['Atomics.store', (m) => void Atomics.store(m, 0, 0)],
  ['Atomics.add', (m) => void Atomics.add(m, 0, 1)],
  ['Atomics.compareExchange', (m) => void Atomics.compareExchange(m, 0, 1, 0)],
  ['a view of the caller', () => void (words[0] = 7)],
]

test.each(writes)('a check that writes is refused: %s', (name, check) => {
  const memory = name.includes('caller') ? sab : 2
  for (const field of ['invariant', 'finish'] as const) {
    expect(() => explore({ memory, threads: [add, add], [field]: check })).toThrow(
      `${field} of the program writes to byte 0`,
    )
  }
  expect([...words]).toEqual([0, 0, 0, 0])
})

test('a wake-up that nobody sent is no time-out in a ladder', () => {
  const sleeps = (m: Int32Array): void => {
    Atomics.wait(m, 0, 0)
    if (Atomics.load(m, 0) === 0) throw new Error('not set')
  }
  const raise = (m: Int32Array): void => {
    Atomics.store(m, 0, 1)
    Atomics.notify(m, 0)
  }
  const { failure } = explore({ memory: 1, threads: [sleeps, raise], spuriousWakeups: 1 })
  expect(failure?.ladder.join('\n')).toContain('woken by nobody')
  expect(failure?.ladder.join('\n')).not.toContain('timed out')
})
