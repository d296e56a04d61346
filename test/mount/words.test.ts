/** Whether a mount needs more threads. */
import { expect, test } from 'vitest'
import { mountWords, Threads } from '#lockstorm/mount/words'

/** Two threads that serve, and wait for a request. */
function two(): Threads {
  const threads = new Threads(mountWords(1))
  for (let i = 0; i < 2; i++) {
    threads.started()
    threads.comes()
    threads.waits()
  }
  return threads
}

test('more threads are wanted when each has a request, and none is on its way', () => {
  const threads = two()
  expect([threads.works(), threads.wanted]).toEqual([false, false])
  expect([threads.works(), threads.wanted]).toEqual([true, true])
  threads.started()
  expect(threads.wanted).toBe(false)
})

test('threads that leave because there will be no request want none', () => {
  const threads = two()
  threads.works()
  threads.over()
  threads.works()
  threads.goes()
  threads.goes()
  expect(threads.wanted).toBe(false)
})
