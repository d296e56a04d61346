import type { AsyncProgram } from '#lockstorm/explore/helper/index'
import {
  Barrier,
  Channel,
  Completion,
  Condition,
  Latch,
  Mutex,
  Once,
  RwSem,
  Srcu,
} from '#lockstorm/sync/classes/index'
import { TimeoutError } from '#lockstorm/base/sync_error'
import { COUNT, PASSED, same, type Body, type ClassModel } from './model.ts'

// What threads wait at for each other, asynchronously.

const BOUNDED = ['Channel, async', 'Condition, with a time-out']

type Parts = Pick<AsyncProgram, 'setup' | 'finish'>

function model(
  name: string,
  parts: Parts,
  right: readonly Body[],
  wrong: readonly Body[],
  fails = /deadlock/,
): ClassModel {
  const of = (threads: readonly Body[]): AsyncProgram => ({ memory: 256, ...parts, threads })
  return { name, bounded: BOUNDED.includes(name), right: of(right), wrong: of(wrong), fails }
}

const idle: Body = (m) => void Atomics.load(m, PASSED)
const passed = (m: Int32Array): void => void Atomics.add(m, PASSED, 1)
const sees = (m: Int32Array, value: number): void => same(m[COUNT], value, 'what was written before')
const sets =
  (value: number, then: (m: Int32Array) => unknown): Body =>
  (m) => {
    m[COUNT] = value
    then(m)
  }

/** Waits with a time-out; true if it was not needed. */
async function inTime(wait: Promise<unknown>): Promise<boolean> {
  try {
    await wait
    return true
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    return false
  }
}

const completes: Body = sets(2, (m) => {
  new Completion(m, 0).complete()
})
const awaitsCompletion: Body = async (m) => {
  await new Completion(m, 0).waitAsync()
  sees(m, 2)
}
const hastens: Body = async (m) => {
  if (await inTime(new Completion(m, 0).waitAsync({ timeoutMs: 1 }))) sees(m, 2)
  else passed(m)
}

const latch = { setup: (m: Int32Array) => void Latch.init(m, 0, 1) }
const countsDown: Body = sets(2, (m) => {
  new Latch(m, 0).countDown()
})
const awaitsLatch: Body = async (m) => {
  await new Latch(m, 0).waitAsync()
  sees(m, 2)
}

const barrier = (parties: number): Parts => ({ setup: (m) => void Barrier.init(m, 0, parties) })
const meets: Body = async (m) => {
  passed(m)
  await new Barrier(m, 0).waitAsync()
  same(Atomics.load(m, PASSED), 2, 'those who have arrived')
}
const mayMeet: Body = async (m) => {
  if (await inTime(new Barrier(m, 0).waitAsync({ timeoutMs: 1 }))) passed(m)
}
const bothOrNobody = (m: Int32Array): void => {
  if (m[PASSED] === 1) throw new Error('one has met nobody')
}
const meetsNobody: Body = async (m) => {
  await new Barrier(m, 0).waitAsync()
}

const adds = (m: Int32Array): void => void m[COUNT]!++
const once: Body = async (m) => {
  await new Once(m, 0).runAsync(async () => {
    await Promise.resolve()
    adds(m)
  })
  sees(m, 1)
}

const channel: Parts = { setup: (m) => void Channel.init(m, 0, 1) }
const sends =
  (...values: readonly number[]): Body =>
  async (m) => {
    const jobs = new Channel(m, 0)
    for (const value of values) await jobs.sendAsync(value)
  }
const receives =
  (...values: readonly number[]): Body =>
  async (m) => {
    const jobs = new Channel(m, 0)
    for (const value of values) same(await jobs.receiveAsync(), value, 'received')
  }

const AFTER_MUTEX = 16
const signals =
  (tells: boolean): Body =>
  async (m) => {
    using _ = await new Mutex(m, 0).lockAsync()
    m[COUNT] = 2
    if (tells) new Condition(m, AFTER_MUTEX).signal()
  }
const awaitsSignal: Body = async (m) => {
  const lock = new Mutex(m, 0)
  using _ = await lock.lockAsync()
  await new Condition(m, AFTER_MUTEX).waitUntilAsync(lock, () => m[COUNT] === 2)
}
const mayHear: Body = async (m) => {
  const lock = new Mutex(m, 0)
  using _ = await lock.lockAsync()
  const heard = await inTime(
    new Condition(m, AFTER_MUTEX).waitUntilAsync(lock, () => m[COUNT] === 2, { timeoutMs: 1 }),
  )
  same(lock.isHeldByMe, true, 'held after the wait')
  if (heard) sees(m, 2)
}

const SLOTS = 2
const srcu: Parts = { setup: (m) => void Srcu.init(m, 0, SLOTS) }
const reads: Body = async (m) =>
  new Srcu(m, 0).runAsync(() => {
    if (Atomics.load(m, PASSED) === 0) sees(m, 0)
  })
const removes =
  (waits: boolean): Body =>
  async (m) => {
    passed(m)
    if (waits) await new Srcu(m, 0).synchronizeAsync()
    m[COUNT] = 1
  }

const readsAsync: Body = async (m) => new RwSem(m, 0).runReadAsync(() => void m[COUNT])
const writesAsync: Body = async (m) =>
  new RwSem(m, 0).runWriteAsync(() => {
    adds(m)
  })

export const MEETING: readonly ClassModel[] = [
  model(
    'Completion, async',
    {},
    [completes, awaitsCompletion],
    [sets(2, () => {}), awaitsCompletion],
    /deadlock/,
  ),
  model('Completion, with a time-out', {}, [completes, hastens], [completes, adds], /data race/),
  model('Latch, async', latch, [countsDown, awaitsLatch], [idle, awaitsLatch]),
  model('Barrier, async', barrier(2), [meets, meets], [idle, meets]),
  model(
    'Barrier, with time-outs',
    { ...barrier(2), finish: bothOrNobody },
    [mayMeet, mayMeet],
    [mayMeet, meetsNobody],
  ),
  model('Once, async', {}, [once, once], [once, adds], /data race/),
  model('Channel, async', channel, [sends(1, 2), receives(1, 2)], [sends(1), receives(1, 2)]),
  model('Condition, async', {}, [signals(true), awaitsSignal], [signals(false), awaitsSignal]),
  model('Condition, with a time-out', {}, [signals(true), mayHear], [adds, mayHear], /data race/),
  model('Srcu, async', srcu, [removes(true), reads], [removes(false), reads], /data race/),
  model('RwSem, to read', {}, [writesAsync, readsAsync], [adds, readsAsync], /data race/),
]
