import { spawnSync } from 'node:child_process'
import { Console } from 'node:console'
import { access } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { exploreAsync, type AsyncProgram } from '#lockstorm/explore/helper/index'

// What a body leaves for later may be stopped by the explorer too, and what is thrown there nobody of the body's catches.

type Body = AsyncProgram['threads'][number]

const both = (m: Int32Array): void => {
  Atomics.add(m, 0, 1)
  Atomics.add(m, 1, 1)
}
const throws = (m: Int32Array): void => {
  if (Atomics.add(m, 0, 1) === 1) throw new Error('thrown later')
}
const ways: Record<string, (later: (m: Int32Array) => void) => Body> = {
  'a microtask': (later) => (m) => {
    queueMicrotask(() => {
      later(m)
    })
  },
  'a listener of a signal': (later) => (m) => {
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => {
      later(m)
    })
    Atomics.load(m, 1)
    controller.abort()
    Atomics.load(m, 0)
  },
  'a timer': (later) => (m) => {
    setTimeout(() => {
      later(m)
    }, 0)
  },
  'a promise': (later) => async (m) => {
    await Promise.resolve()
    later(m)
  },
}

// Once in some runs the listener's first turn in a process was refused, which is not understood: a second try tells.
test.for(Object.entries(ways))(
  '%s is stopped and goes on: all interleavings',
  { retry: 1 },
  async ([, way]) => {
    const finish = (m: Int32Array): void => {
      expect([m[0], m[1]]).toEqual([2, 2])
    }
    const body = way(both)
    expect((await exploreAsync({ memory: 2, threads: [body, body], finish })).verdict).toBe('holds')
  },
)

test.for(Object.entries(ways))('%s is not mixed up with what others do between turns', async ([, way]) => {
  const body = way(both)
  let turns = 0
  const others = setInterval(() => {
    process.nextTick(() => turns++)
  }, 0)
  try {
    expect((await exploreAsync({ memory: 2, threads: [body, body] })).verdict).toBe('holds')
  } finally {
    clearInterval(others)
  }
  expect(turns).toBeGreaterThan(0)
})

test.for(Object.entries(ways))('what %s throws is a finding', async ([, way]) => {
  const body = way(throws)
  const { failure } = await exploreAsync({ memory: 2, threads: [body, body] })
  expect(failure).toMatchObject({ kind: 'assertion', message: 'thrown later' })
})

test('a waiter that was woken while its body was stopped is not in the list again', async () => {
  const waits: Body = async (m) => {
    const { async, value } = Atomics.waitAsync(m, 0, 0, 5)
    Atomics.load(m, 1)
    if (async) await value
  }
  const notifies: Body = (m) => {
    const woken = Atomics.notify(m, 0) + Atomics.notify(m, 0)
    if (woken > 1) throw new Error(`one waiter was woken ${woken} times`)
  }
  const { verdict, failure } = await exploreAsync({ memory: 2, threads: [waits, notifies] })
  expect([verdict, failure?.message]).toEqual(['holds', undefined])
})

const LONG = 20_000
const unseen: Record<string, Body> = {
  'a timer that was taken before the run': async (m) => {
    await sleep(LONG, undefined, { ref: false })
    both(m)
  },
  'such a timer that nobody awaits': (m) => {
    void sleep(LONG, undefined, { ref: false }).then(() => {
      throw new Error('nobody is there any more')
    })
    both(m)
  },
  'a file that is not there': async () => {
    await access('/no such file')
  },
}

test.for(Object.entries(unseen))('%s is no deadlock, and no proof either', async ([, body]) => {
  const run = exploreAsync({ memory: 2, threads: [body, both] })
  await expect(run).rejects.toThrow('started what the explorer does not control')
})

test('who awaits what nobody settles, and prints to a stream, is in a deadlock all the same', async () => {
  const lines: unknown[] = []
  const stdout = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line))
      done()
    },
  })
  const printer = new Console(stdout)
  const body: Body = async (m) => {
    both(m)
    printer.log('waiting')
    await new Promise(() => {})
  }
  expect((await exploreAsync({ memory: 2, threads: [body, both] })).failure?.kind).toBe('deadlock')
  expect(lines).toContain('waiting\n')
})

// A body of either kind holds its thread up for ever, so it is explored in a process of its own.
const OF_ITS_OWN = `
import { exploreAsync } from 'lockstorm/explore'
import { grace } from '${new URL('../../dist/src/explore/helper/async_watchdog.js', import.meta.url).href}'
grace.ms = 480
const other = async (m) => void Atomics.store(m, 0, 1)
const now = performance.now.bind(performance)
const slow = async (m) => {
  for (let i = 0; i < 4; i++, Atomics.load(m, 0)) for (const till = now() + 300; now() < till; );
}
const loopsInJobs = async (m) => {
  Atomics.load(m, 0)
  for (;;) await null
}
const words = { 0: 'ready' }
const { coverage } = await exploreAsync({ memory: 1, words, threads: [slow, other] }, { ms: 10, executions: 1, search: 'dfs' })
console.log('slow: ' + (coverage[0].executions > 0))
await exploreAsync({ memory: 1, words, threads: [other, loopsInJobs] }, { ms: 10 })
`

test('who never comes to an end is reported with the place, and who is slow is not', () => {
  const args = ['--input-type=module', '-e', OF_ITS_OWN]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout).toBe('slow: true\n')
  expect(stderr).toMatch(
    /lockstorm\/explore: cpu-1 \(loopsInJobs\), after step \d+ on ready, never comes to an end.\nIt loops at .*:\d+:\d+ /,
  )
  expect(status).toBe(3)
})
