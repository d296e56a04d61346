import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runBodies } from '#lockstorm/machine/bodies'
import { READ_ONCE, WRITE_ONCE, futex_wake } from '#lockstorm/mem/access.fast'
import { alloc_boot, arenaUsedWords, createArena } from '#lockstorm/mem/index'
import { ProgressWatch, type Look } from '#lockstorm/torture/watch'
import { bodyModule } from '../setup/bodies.ts'

const module = bodyModule('torture_watch')

interface World {
  readonly watch: ProgressWatch
  readonly word: number
  /** Lets everybody go. */
  readonly end: () => Promise<void>
}

/** Two tasks that say they sleep on a word. The word is free when it is 1. */
function world(body: string[], mayStarve: boolean = false): World {
  const sab = createArena(1 << 16, 3)
  const control = alloc_boot(16)
  const nap = alloc_boot(16)
  const from = arenaUsedWords()
  const word = alloc_boot(16)
  const run = runBodies({ sab, cpus: 2, firstCpu: 1, module, body, arg: { word, nap, control } })
  const watch = new ProgressWatch({
    view: new Int32Array(sab),
    control,
    firstCpu: 1,
    tasks: 2,
    region: [from, arenaUsedWords()],
    type: { available: () => READ_ONCE(word) === 1, mayStarve },
    state: 0,
  })
  const end = async (): Promise<void> => {
    WRITE_ONCE(word, 2)
    futex_wake(word, 9)
    await run
  }
  return { watch, word, end }
}

/** Looks until the sleepers have slept for some looks; collects what was proved. */
async function looks(watch: ProgressWatch, more: number, sleepers: number = 2): Promise<Look[]> {
  const seen: Look[] = []
  for (let settled = 0; settled < more;) {
    const look = watch.look()
    seen.push(look)
    if (look.asleep.length === sleepers) settled++
    await pause(2)
  }
  return seen
}

test('sleepers beside something free, with nobody left to wake them, are a lost wake-up', async () => {
  const { watch, word, end } = world(['sleeper', 'sleeper'])
  WRITE_ONCE(word, 1)
  const texts = (await looks(watch, 10)).flatMap(({ lost }) => lost ?? [])
  await end()
  expect(texts[0]).toMatch(
    /^lost wake-up: cpu-1:2 \(mutex\), cpu-2:3 \(mutex\) asleep although free to go on/,
  )
})

test('a sleeper that has been woken and has not run yet is no lost wake-up, however long it takes', async () => {
  const { watch, word, end } = world(['sleeper', 'pretender'])
  WRITE_ONCE(word, 1)
  const seen = await looks(watch, 30)
  await end()
  expect(seen.flatMap(({ lost }) => lost ?? [])).toEqual([])
})

test('sleepers on what nobody will give back are a deadlock', async () => {
  const { watch, end } = world(['sleeper', 'sleeper'])
  const seen = await looks(watch, 10)
  await end()
  expect(seen.flatMap(({ deadlock }) => deadlock ?? [])[0]).toContain('asleep on what nobody will give back')
  expect(seen.flatMap(({ lost }) => lost ?? [])).toEqual([])
})

test('while a task idles that will come back, sleeping is no deadlock', async () => {
  const { watch, end } = world(['sleeper', 'idler'])
  const seen = await looks(watch, 30, 1)
  await end()
  expect(seen.flatMap(({ deadlock }) => deadlock ?? [])).toEqual([])
})

test('where tasks may wait for something that a parked task has, sleeping is no deadlock', async () => {
  const { watch, end } = world(['sleeper', 'sleeper'], true)
  const seen = await looks(watch, 10)
  await end()
  expect(seen.flatMap(({ deadlock, lost }) => [deadlock, lost].filter(Boolean))).toEqual([])
  expect(seen.at(-1)?.still).toBe(true)
})
