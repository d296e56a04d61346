import type { AsyncProgram, Program } from '#lockstorm/explore/helper/index'

// Twenty patterns of public bug reports, each in some ten lines, and beside each what mends it.

export interface Pattern {
  /** Where it was reported. */
  readonly report: string
  readonly name: string
  readonly kind: string
  readonly wrong: Program
  readonly right: Program
}
export interface AsyncPattern extends Omit<Pattern, 'wrong' | 'right'> {
  readonly wrong: AsyncProgram
  readonly right: AsyncProgram
}

type Body = (m: Int32Array) => void
type AsyncBody = AsyncProgram['threads'][number]

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
const set = (m: Int32Array, at: number, value: number): void => {
  Atomics.store(m, at, value)
  Atomics.notify(m, at)
}
const until = (m: Int32Array, at: number, value: number): void => {
  for (let seen; (seen = Atomics.load(m, at)) !== value;) Atomics.wait(m, at, seen)
}

/** Calls over one word: the answer's notify may come when the next call already waits. */
const staleNotify = (): Pattern => {
  const serve: Body = (m) => {
    for (let call = 1; call <= 2; call++) {
      until(m, 0, call)
      Atomics.store(m, 2, call * 10)
      Atomics.store(m, 1, call)
      Atomics.notify(m, 1)
    }
  }
  const ask =
    (believes: boolean): Body =>
    (m) => {
      for (let call = 1; call <= 2; call++) {
        set(m, 0, call)
        if (believes) {
          if (Atomics.load(m, 1) < call) Atomics.wait(m, 1, call - 1)
        } else until(m, 1, call)
        must(Atomics.load(m, 2) === call * 10, 'the answer of another call')
      }
    }
  // What esbuild saw: somebody who has been answered is told once more.
  const late: Body = (m) => void Atomics.notify(m, 1)
  const of = (believes: boolean): Program => ({ memory: 3, threads: [serve, ask(believes), late] })
  return {
    report: 'evanw/esbuild#590',
    name: "a late notify ends the next call's wait",
    kind: 'assertion',
    wrong: of(true),
    right: of(false),
  }
}

const closedOverSent = (): Pattern => {
  const [EMPTY, SENT, CLOSED] = [0, 1, 2] as const
  const send: Body = (m) => {
    m[1] = 7
    set(m, 0, SENT)
  }
  const close =
    (overwrites: boolean): Body =>
    (m) => {
      if (overwrites) set(m, 0, CLOSED)
      else if (Atomics.compareExchange(m, 0, EMPTY, CLOSED) === EMPTY) Atomics.notify(m, 0)
    }
  const both =
    (overwrites: boolean): Body =>
    (m) => {
      send(m)
      close(overwrites)(m)
    }
  const receive: Body = (m) => {
    for (let seen; (seen = Atomics.load(m, 0)) !== SENT;) {
      must(seen !== CLOSED, 'closed, and the message is not received')
      Atomics.wait(m, 0, EMPTY)
    }
    must(m[1] === 7, 'no message')
  }
  const of = (overwrites: boolean): Program => ({ memory: 2, threads: [both(overwrites), receive] })
  return {
    report: 'sass/embedded-host-node#326',
    name: '"closed" overwrites "message sent"',
    kind: 'assertion',
    wrong: of(true),
    right: of(false),
  }
}

const testedBeforeListed = (): Pattern => {
  // A futex of one's own: word 0 the value, word 1 the lock of the list, word 2 its length, word 3 wake-ups sent.
  const wait =
    (insideLock: boolean): Body =>
    (m) => {
      if (!insideLock && Atomics.load(m, 0) !== 0) return
      lock(m, 1)
      if (insideLock && Atomics.load(m, 0) !== 0) return unlock(m, 1)
      m[2]!++
      unlock(m, 1)
      return until(m, 3, 1)
    }
  const wake: Body = (m) => {
    Atomics.store(m, 0, 1)
    lock(m, 1)
    if (m[2]! > 0) set(m, 3, 1)
    unlock(m, 1)
  }
  const of = (insideLock: boolean): Program => ({ memory: 4, threads: [wait(insideLock), wake] })
  return {
    report: 'WebKit/WebKit#7048, unikraft#1763, asterinas#1642',
    name: 'the value is tested before the list of waiters is locked',
    kind: 'deadlock',
    wrong: of(false),
    right: of(true),
  }
}

const deadFrame = (): Pattern => {
  // Word 0 the lock, word 1 done, word 2: the frame that holds both is gone.
  const finish =
    (inside: boolean): Body =>
    (m) => {
      lock(m)
      m[1] = 1
      if (inside) signal(m)
      unlock(m)
      if (!inside) signal(m)
    }
  const signal: Body = (m) => {
    must(Atomics.load(m, 2) === 0, 'the frame that is signalled is gone')
    Atomics.notify(m, 1)
  }
  const call: Body = (m) => {
    for (;;) {
      lock(m)
      const done = m[1]
      unlock(m)
      if (done === 1) break
      Atomics.wait(m, 1, 0)
    }
    Atomics.store(m, 2, 1)
  }
  const of = (inside: boolean): Program => ({ memory: 3, threads: [finish(inside), call], races: false })
  return {
    report: 'emscripten-core/emscripten#26582',
    name: 'a signal after the unlock, into a frame that is gone',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const stolenPermit = (): Pattern => {
  const take =
    (believes: boolean): Body =>
    (m) => {
      for (;;) {
        const free = Atomics.load(m, 0)
        if (free > 0 && Atomics.compareExchange(m, 0, free, free - 1) === free) return
        if (free > 0) continue
        Atomics.wait(m, 0, 0)
        if (believes) return must(Atomics.sub(m, 0, 1) > 0, 'woken, and the permit is gone')
      }
    }
  const give: Body = (m) => {
    Atomics.add(m, 0, 1)
    Atomics.notify(m, 0, 1)
    Atomics.add(m, 0, 1)
    Atomics.notify(m, 0, 1)
  }
  const of = (believes: boolean): Program => ({ memory: 1, threads: [take(believes), take(believes), give] })
  return {
    report: 'endive#106',
    name: 'whoever comes late takes the permit of one who was woken',
    kind: 'assertion',
    wrong: of(true),
    right: of(false),
  }
}

const HEAD = 0
const twoWriters = (): Pattern => {
  const split: Body = (m) => {
    const at = Atomics.load(m, HEAD)
    Atomics.store(m, 1 + at, 1)
    Atomics.store(m, HEAD, at + 1)
  }
  const claimed: Body = (m) => Atomics.store(m, 1 + Atomics.add(m, HEAD, 1), 1)
  const finish: Body = (m) => must(m[1] === 1 && m[2] === 1, 'two writers in one slot')
  const of = (write: Body): Program => ({ memory: 4, threads: [write, write], finish })
  return {
    report: 'ringbuf.js in unworklet#15, moq#1295',
    name: 'two writers move the index of a ring',
    kind: 'assertion',
    wrong: of(split),
    right: of(claimed),
  }
}

/** A ring whose payload lies in another view than its indices. */
const ring = (report: string, view: string, at: (m: Int32Array) => ArrayLike<number> & object): Pattern => {
  const write =
    (first: boolean): Body =>
    (m) => {
      if (first) set(m, HEAD, 1)
      ;(at(m) as { [index: number]: number })[0] = 5
      if (!first) set(m, HEAD, 1)
    }
  const read: Body = (m) => {
    until(m, HEAD, 1)
    must(at(m)[0] === 5, 'the slot is empty')
  }
  const of = (first: boolean): Program => ({ memory: 4, threads: [write(first), read] })
  return {
    report,
    name: `a ring of ${view} whose index is moved first`,
    kind: 'data race',
    wrong: of(true),
    right: of(false),
  }
}

const comsync = (): Pattern => {
  const view = (m: Int32Array): DataView => new DataView(m.buffer as ArrayBuffer, 8)
  const write =
    (first: boolean): Body =>
    (m) => {
      if (first) set(m, 0, 1)
      view(m).setFloat32(1, 0.5)
      if (!first) set(m, 0, 1)
    }
  const read: Body = (m) => {
    until(m, 0, 1)
    must(view(m).getFloat32(1) === 0.5, 'half a message')
  }
  const of = (first: boolean): Program => ({ memory: 4, threads: [write(first), read], races: false })
  return {
    report: 'alexmojaki/comsync, encoded message',
    name: 'a message in a DataView that is announced first',
    kind: 'assertion',
    wrong: of(true),
    right: of(false),
  }
}

const plainStore = (): Pattern => {
  const tell =
    (atomic: boolean): Body =>
    (m) => {
      if (atomic) Atomics.store(m, 0, 1)
      else m[0] = 1
      Atomics.notify(m, 0)
    }
  const wait: Body = (m) => until(m, 0, 1)
  const of = (atomic: boolean): Program => ({ memory: 1, threads: [wait, tell(atomic)] })
  return {
    report: 'tc39/ecma262#1680, #1119',
    name: 'a plain store and a notify',
    kind: 'data race',
    wrong: of(false),
    right: of(true),
  }
}

const plainFlag = (): Pattern => {
  const enter =
    (mine: number, atomic: boolean): Body =>
    (m) => {
      if (atomic) {
        if (Atomics.compareExchange(m, 0, 0, mine) !== 0) return
      } else {
        if (m[0] !== 0) return
        m[0] = mine
      }
      must(Atomics.add(m, 1, 1) === 0, 'two are inside')
    }
  const of = (atomic: boolean): Program => ({
    memory: 2,
    threads: [enter(1, atomic), enter(2, atomic)],
    races: false,
  })
  return {
    report: 'affinitypool#22',
    name: 'a flag that is tested and set in two steps',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const lateAnswer = (): Pattern => {
  const answer =
    (tagged: boolean): Body =>
    (m) => {
      until(m, 0, 1)
      if (tagged) Atomics.compareExchange(m, 1, 1, 11)
      else Atomics.store(m, 1, 11)
      Atomics.notify(m, 1)
    }
  const ask =
    (tagged: boolean): Body =>
    (m) => {
      Atomics.store(m, 1, tagged ? 1 : 0)
      set(m, 0, 1)
      Atomics.wait(m, 1, tagged ? 1 : 0, 5) // the first call is given up
      Atomics.store(m, 1, tagged ? 2 : 0)
      must(Atomics.load(m, 1) !== 11, 'the answer of the call that was given up')
    }
  const of = (tagged: boolean): Program => ({
    memory: 2,
    threads: [answer(tagged), ask(tagged)],
    earlyTimeouts: 1,
  })
  return {
    report: 'un-ts/synckit#183',
    name: 'the late answer to a call that was given up',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const overwritten = (): Pattern => {
  const send =
    (value: number, waits: boolean): Body =>
    (m) => {
      if (waits) {
        while (Atomics.compareExchange(m, 0, 0, value) !== 0) {
          const seen = Atomics.load(m, 0)
          if (seen !== 0) Atomics.wait(m, 0, seen)
        }
        Atomics.notify(m, 0)
      } else set(m, 0, value)
    }
  const receive: Body = (m) => {
    for (let left = 3; left > 0;) {
      const got = Atomics.exchange(m, 0, 0)
      Atomics.notify(m, 0)
      left -= got
      if (got === 0) Atomics.wait(m, 0, 0)
    }
  }
  const of = (waits: boolean): Program => ({ memory: 1, threads: [send(1, waits), send(2, waits), receive] })
  return {
    report: 'alexmojaki/comsync#4',
    name: 'a message overwrites one that nobody has read',
    kind: 'deadlock',
    wrong: of(false),
    right: of(true),
  }
}

const semaphore = (): Pattern => {
  const acquire: Body = (m) => {
    for (;;) {
      const free = Atomics.load(m, 0)
      if (free === 0) Atomics.wait(m, 0, 0)
      else if (Atomics.compareExchange(m, 0, free, free - 1) === free) return
    }
  }
  const release =
    (always: boolean): Body =>
    (m) => {
      for (let i = 0; i < 2; i++) {
        const before = Atomics.add(m, 0, 1)
        if (always || before === 0) Atomics.notify(m, 0, 1)
      }
    }
  const of = (always: boolean): Program => ({ memory: 1, threads: [acquire, acquire, release(always)] })
  return {
    report: 'llvm/llvm-project#79265, #46357',
    name: 'a semaphore that notifies only when it was empty',
    kind: 'lost wake-up',
    wrong: of(false),
    right: of(true),
  }
}

const notifyWaiters = (): Pattern => {
  // Word 0: who waits. Word 1: wake-ups that are on their way. Word 2: calls that have begun.
  const wait: Body = (m) => {
    for (let call = 1; call <= 2; call++) {
      Atomics.add(m, 0, 1)
      Atomics.notify(m, 0)
      while (Atomics.compareExchange(m, 1, 1, 0) !== 1) Atomics.wait(m, 1, 0)
      must(Atomics.load(m, 2) >= call, 'one call wakes two waits in turn')
    }
  }
  const wakeAll =
    (atOnce: boolean): Body =>
    (m) => {
      while (Atomics.load(m, 0) === 0) Atomics.wait(m, 0, 0)
      Atomics.add(m, 2, 1)
      if (atOnce) set(m, 1, Atomics.exchange(m, 0, 0))
      else {
        for (; Atomics.load(m, 0) > 0; Atomics.sub(m, 0, 1)) set(m, 1, 1)
      }
    }
  const twice =
    (atOnce: boolean): Body =>
    (m) => {
      wakeAll(atOnce)(m)
      wakeAll(atOnce)(m)
    }
  const of = (atOnce: boolean): Program => ({ memory: 3, threads: [wait, twice(atOnce)] })
  return {
    report: 'tokio-rs/tokio#5396, #3661',
    name: 'one wake-up of all reaches the next wait too',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const freedLock = (): Pattern => {
  // Word 0 the lock, word 1 references, word 2: it is freed. The last one out frees.
  const use =
    (touches: boolean): Body =>
    (m) => {
      lock(m)
      const last = --m[1]! === 0
      if (touches) {
        Atomics.store(m, 0, 0)
        must(Atomics.load(m, 2) === 0, 'the unlock touches a lock that is freed')
      } else Atomics.store(m, 0, 0)
      Atomics.notify(m, 0, 1)
      if (last) Atomics.store(m, 2, 1)
    }
  const of = (touches: boolean): Program => ({
    memory: 3,
    setup: (m) => void (m[1] = 2),
    threads: [use(touches), use(touches)],
  })
  return {
    report: 'cloudius-systems/osv#137, llvm/llvm-project#169743',
    name: 'an unlock that reads the lock after it has let go',
    kind: 'assertion',
    wrong: of(true),
    right: of(false),
  }
}

const counterEnds = (): Pattern => {
  const END = 0x7fff_ffff
  const add =
    (saturates: boolean): Body =>
    (m) => {
      if (!saturates) Atomics.add(m, 0, 1)
      for (let more = saturates; more;) {
        const n = Atomics.load(m, 0)
        more = n !== END && Atomics.compareExchange(m, 0, n, n + 1) !== n
      }
    }
  const of = (saturates: boolean): Program => ({
    memory: 1,
    setup: (m) => void (m[0] = END - 1),
    threads: [add(saturates), add(saturates)],
    finish: (m) => must(m[0]! > 0, 'the count has wrapped'),
  })
  return {
    report: 'linux 881ec9d209d5, JDK-8352971',
    name: 'a counter that two reach the end of',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const spurious = (): Pattern => {
  const wait =
    (loops: boolean): Body =>
    (m) => {
      if (loops) until(m, 0, 1)
      else Atomics.wait(m, 0, 0)
      must(Atomics.load(m, 0) === 1, 'woken for nothing')
    }
  const tell: Body = (m) => set(m, 0, 1)
  const of = (loops: boolean): Program => ({ memory: 1, threads: [wait(loops), tell], spuriousWakeups: 1 })
  return {
    report: 'tokio-rs/loom#1, awslabs/shuttle#101',
    name: 'a wake-up that nobody sent',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const abba = (): Pattern => {
  // Locks whose words count waiters: a sleeper's word changes, and yet no wake-up is lost.
  const take = (m: Int32Array, at: number): void => {
    if (Atomics.add(m, at, 1) === 0) return
    do Atomics.wait(m, at + 1, 0)
    while (Atomics.compareExchange(m, at + 1, 1, 0) !== 1)
  }
  const give = (m: Int32Array, at: number): void => {
    if (Atomics.sub(m, at, 1) > 1) set(m, at + 1, 1)
  }
  const both =
    (first: number, second: number): Body =>
    (m) => {
      take(m, first)
      take(m, second)
      give(m, second)
      give(m, first)
    }
  const of = (same: boolean): Program => ({
    memory: 4,
    threads: [both(0, 2), same ? both(0, 2) : both(2, 0)],
  })
  return {
    report: 'lkrg-org/lkrg#47, openzfs/zfs#8984',
    name: 'two locks in two orders, whose words count waiters',
    kind: 'deadlock',
    wrong: of(false),
    right: of(true),
  }
}

/** Those that can be told without an await. */
export const PATTERNS: readonly Pattern[] = [
  staleNotify(),
  closedOverSent(),
  testedBeforeListed(),
  deadFrame(),
  stolenPermit(),
  twoWriters(),
  ring('unworklet#15: samples', 'Float32Array', (m) => new Float32Array(m.buffer as ArrayBuffer, 8, 1)),
  ring('unworklet#15: bytes', 'Uint8Array', (m) => new Uint8Array(m.buffer, 9, 1)),
  comsync(),
  plainStore(),
  plainFlag(),
  lateAnswer(),
  overwritten(),
  semaphore(),
  notifyWaiters(),
  freedLock(),
  counterEnds(),
  spurious(),
  abba(),
]

const runTwice = (): AsyncPattern => {
  const [IDLE, QUEUED] = [0, 1] as const
  const run = (m: Int32Array): number => Atomics.add(m, 1, 1)
  const parks =
    (claims: boolean): AsyncBody =>
    async (m) => {
      const { async, value } = Atomics.waitAsync(m, 0, IDLE)
      if (async) await value
      if (!claims || Atomics.compareExchange(m, 0, QUEUED, IDLE) === QUEUED) run(m)
    }
  const wakes =
    (claims: boolean): AsyncBody =>
    (m) => {
      if (Atomics.exchange(m, 0, QUEUED) !== IDLE) return
      if (Atomics.notify(m, 0, 1) === 0 && !claims) run(m)
    }
  const of = (claims: boolean): AsyncProgram => ({
    memory: 2,
    threads: [parks(claims), wakes(claims)],
    finish: (m) => must(m[1] === 1, `run ${m[1]} times`),
  })
  return {
    report: 'wasm-bindgen/wasm-bindgen#4821',
    name: 'a task that is run twice after waitAsync',
    kind: 'assertion',
    wrong: of(false),
    right: of(true),
  }
}

const asyncLost = (): AsyncPattern => {
  // Word 0: done. Word 1: somebody waits asynchronously and must be told.
  const waits =
    (announcesFirst: boolean): AsyncBody =>
    async (m) => {
      if (announcesFirst) Atomics.store(m, 1, 1)
      const { async, value } = Atomics.waitAsync(m, 0, 0)
      if (!announcesFirst) Atomics.store(m, 1, 1)
      if (async) await value
    }
  const completes: AsyncBody = (m) => {
    Atomics.store(m, 0, 1)
    if (Atomics.load(m, 1) === 1) Atomics.notify(m, 0)
  }
  const of = (announcesFirst: boolean): AsyncProgram => ({
    memory: 2,
    threads: [waits(announcesFirst), completes],
  })
  return {
    report: 'whatwg/html#8276, and a completion of our own',
    name: 'an async waiter that joins after it was looked for',
    kind: 'lost wake-up',
    wrong: of(false),
    right: of(true),
  }
}

/** Those of bodies that await. */
export const ASYNC_PATTERNS: readonly AsyncPattern[] = [runTwice(), asyncLost()]
