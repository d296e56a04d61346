import type { AsyncProgram } from '#lockstorm/explore/helper/index'

// Programs of async bodies that are wrong, and beside each its twin that is right.

type Body = AsyncProgram['threads'][number]
export interface AsyncPair {
  readonly name: string
  readonly wrong: AsyncProgram
  readonly right: AsyncProgram
}

const must = (condition: boolean, message: string): void => {
  if (!condition) throw new Error(message)
}
const pause = async (ms = 0): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))
const sleep = async (m: Int32Array, at: number, value: number): Promise<void> => {
  const { async, value: woken } = Atomics.waitAsync(m, at, value)
  if (async) await woken
}
const raise = (m: Int32Array): void => {
  Atomics.store(m, 0, 1)
  Atomics.notify(m, 0)
}

const mutex = (wakes: boolean): AsyncProgram => {
  const body: Body = async (m) => {
    // eslint-disable-next-line no-await-in-loop -- until it is free
    while (Atomics.compareExchange(m, 0, 0, 1) !== 0) await sleep(m, 0, 1)
    m[1]!++
    Atomics.store(m, 0, 0)
    if (wakes) Atomics.notify(m, 0, 1)
  }
  return { memory: 2, threads: [body, body], finish: (m) => must(m[1] === 2, 'an update is lost') }
}

const overAwait = (rereads: boolean): AsyncProgram => {
  const body: Body = async (m) => {
    const before = Atomics.load(m, 0)
    await Promise.resolve()
    if (rereads) Atomics.add(m, 0, 1)
    else Atomics.store(m, 0, before + 1)
  }
  return { memory: 1, threads: [body, body], finish: (m) => must(m[0] === 2, 'an update is lost') }
}

const permit = (loops: boolean): AsyncProgram => {
  const take: Body = async (m) => {
    // eslint-disable-next-line no-await-in-loop -- until there is one
    if (loops) while (Atomics.load(m, 0) === 0) await sleep(m, 0, 0)
    else await sleep(m, 0, 0)
    must(Atomics.load(m, 0) === 1, 'woken, and there is nothing')
  }
  const give: Body = (m) => {
    Atomics.notify(m, 0)
    raise(m)
  }
  return { memory: 1, threads: [take, give] }
}

/** A permit is stolen between the wake-up and the task that tells of it. */
const stolen = (loops: boolean): AsyncProgram => {
  const take: Body = async (m) => {
    for (;;) {
      const free = Atomics.load(m, 0)
      if (free > 0 && Atomics.compareExchange(m, 0, free, free - 1) === free) return
      // eslint-disable-next-line no-await-in-loop -- until there is one
      await sleep(m, 0, 0)
      if (loops) continue
      must(Atomics.sub(m, 0, 1) > 0, 'the permit is gone')
      return
    }
  }
  const give: Body = (m) => {
    Atomics.add(m, 0, 2)
    Atomics.notify(m, 0)
  }
  const thief: Body = (m) => {
    const free = Atomics.load(m, 0)
    if (free > 0 && Atomics.compareExchange(m, 0, free, free - 1) === free && loops) {
      Atomics.add(m, 0, 1)
      Atomics.notify(m, 0)
    }
  }
  return { memory: 1, threads: loops ? [take, give, thief] : [take, take, give, thief] }
}

/** A task that is queued twice: by the waiter, and by whoever does not see that it waits. */
const twice = (claims: boolean): AsyncProgram => {
  const run = (m: Int32Array): void => {
    if (claims && Atomics.exchange(m, 2, 1) !== 0) return
    Atomics.add(m, 1, 1)
  }
  const waits: Body = async (m) => {
    await sleep(m, 0, 0)
    run(m)
  }
  const wakes: Body = (m) => {
    raise(m)
    run(m)
  }
  return { memory: 3, threads: [waits, wakes], finish: (m) => must(m[1] === 1, 'run twice') }
}

/** A waiter that has given up is still listed, and takes the wake-up of another. */
const leaked = (passesOn: boolean): AsyncProgram => {
  const givesUp: Body = async (m) => {
    const waited = Atomics.waitAsync(m, 0, 0)
    if (!waited.async) return
    const late = await Promise.race([waited.value.then(() => false), pause(0).then(() => true)])
    if (!passesOn) return
    if (late) void waited.value.then(() => void Atomics.notify(m, 0, 1))
    else Atomics.notify(m, 0, 1)
  }
  const waits: Body = async (m) => {
    // eslint-disable-next-line no-await-in-loop -- until it is raised
    while (Atomics.load(m, 0) === 0) await sleep(m, 0, 0)
    if (passesOn) Atomics.notify(m, 0, 1)
  }
  const tell: Body = (m) => {
    Atomics.store(m, 0, 1)
    Atomics.notify(m, 0, 1)
  }
  return { memory: 1, threads: [givesUp, waits, tell] }
}

const raceOfTwo = (all: boolean): AsyncProgram => {
  const both: Body = async (m) => {
    await Promise.all([sleep(m, 0, 0), sleep(m, 0, 0)])
  }
  const tell: Body = (m) => {
    Atomics.store(m, 0, 1)
    Atomics.notify(m, 0, all ? Infinity : 1)
  }
  return { memory: 1, threads: [both, tell] }
}

const message = (before: boolean): AsyncProgram => {
  const send: Body = (m, agent) => {
    if (before) Atomics.store(m, 1, 7)
    agent.port(1).postMessage('ready')
    if (!before) Atomics.store(m, 1, 7)
  }
  const receive: Body = async (m, agent) => {
    await new Promise((resolve) => agent.port(0).on('message', resolve))
    must(Atomics.load(m, 1) === 7, 'told, and it is not there')
  }
  return { memory: 2, threads: [send, receive] }
}

const payload = (before: boolean): AsyncProgram => {
  const view = (m: Int32Array): Float64Array => new Float64Array(m.buffer as ArrayBuffer)
  const send: Body = (m, agent) => {
    if (before) view(m)[1] = 0.5
    agent.port(1).postMessage({ at: 1 })
    if (!before) view(m)[1] = 0.5
  }
  const receive: Body = async (m, agent) => {
    const { at } = await new Promise<{ at: number }>((resolve) => {
      const port = agent.port(0)
      port.addEventListener('message', ({ data }) => {
        resolve(data as { at: number })
      })
      port.start()
    })
    must(view(m)[at] === 0.5, 'told, and it is not there')
  }
  return { memory: 4, threads: [send, receive] }
}

const unhandled = (handles: boolean): AsyncProgram => {
  const body: Body = async (m) => {
    const failing = sleep(m, 0, 0).then(() => {
      throw new Error('nobody hears this')
    })
    if (handles) await failing.catch(() => {})
  }
  return { memory: 1, threads: [body, raise] }
}

const abort = (removes: boolean): AsyncProgram => {
  const body: Body = async (m) => {
    const controller = new AbortController()
    let aborted = false
    controller.signal.addEventListener('abort', () => (aborted = true))
    setTimeout(() => controller.abort(), 0)
    await sleep(m, 0, 0)
    await pause(0)
    must(!removes || aborted || Atomics.load(m, 0) === 1, 'neither')
    must(removes || !aborted, 'aborted although it was told')
  }
  return { memory: 1, threads: [body, raise] }
}

async function* numbers(m: Int32Array): AsyncGenerator<number> {
  for (let i = 0; i < 2; i++) {
    await Promise.resolve()
    yield Atomics.load(m, 0)
  }
}
const iterated = (locked: boolean): AsyncProgram => {
  const read: Body = async (m) => {
    const seen: number[] = []
    for await (const value of numbers(m)) seen.push(value)
    must(locked ? seen[0]! <= seen[1]! : seen[0] === seen[1], 'changed in between')
  }
  return { memory: 1, threads: [read, (m) => void Atomics.add(m, 0, 1)] }
}

const settleOrder = (either: boolean): AsyncProgram => {
  const body: Body = async (m) => {
    const order: string[] = []
    const waited = Atomics.waitAsync(m, 0, 0)
    if (!waited.async) return
    void waited.value.then(() => order.push('waiter'))
    Atomics.notify(m, 0)
    await Promise.resolve()
    await waited.value
    order.push('body')
    must(either || order[0] === 'body', 'the waiter comes first')
  }
  return { memory: 1, threads: [body, (m) => void Atomics.load(m, 0)] }
}

const never = (sends: boolean): AsyncProgram => {
  const waits: Body = async (m, agent) => {
    Atomics.load(m, 0)
    await new Promise((resolve) => agent.port(1).on('message', resolve))
  }
  const other: Body = (m, agent) => {
    if (Atomics.add(m, 0, 1) === 0 && sends) agent.port(0).postMessage(1)
  }
  return { memory: 1, threads: [waits, other] }
}

/** All pairs of async bodies. */
export const ASYNC_PAIRS: readonly AsyncPair[] = [
  { name: 'an async mutex that wakes nobody', wrong: mutex(false), right: mutex(true) },
  { name: 'a value kept over an await', wrong: overAwait(false), right: overAwait(true) },
  { name: 'a wake-up believed', wrong: permit(false), right: permit(true) },
  { name: 'a permit stolen before the task runs', wrong: stolen(false), right: stolen(true) },
  { name: 'a task run twice after waitAsync', wrong: twice(false), right: twice(true) },
  { name: 'a waiter that has given up takes a wake-up', wrong: leaked(false), right: leaked(true) },
  { name: 'two awaits on one word, one woken', wrong: raceOfTwo(false), right: raceOfTwo(true) },
  { name: 'a message before the shared word', wrong: message(false), right: message(true) },
  { name: 'a message before its payload of floats', wrong: payload(false), right: payload(true) },
  { name: 'a rejection that nobody handles', wrong: unhandled(false), right: unhandled(true) },
  { name: 'an abort that comes beside a wake-up', wrong: abort(false), right: abort(true) },
  { name: 'an async iteration over what changes', wrong: iterated(false), right: iterated(true) },
  {
    name: 'the order in which a waiter of the same agent settles',
    wrong: settleOrder(false),
    right: settleOrder(true),
  },
  { name: 'a promise that nobody settles', wrong: never(false), right: never(true) },
]
