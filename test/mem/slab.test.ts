import { beforeEach, expect, test } from 'vitest'
import { read, write } from '#lockstorm/mem/access.fast'
import {
  createArena,
  kmem_cache_active,
  kmem_cache_alloc,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  set_fail_nth,
  struct,
  words,
} from '#lockstorm/mem/index'

const thing = struct('thing', { payload: words(20) })

beforeEach(() => {
  createArena(256 * 1024, 2)
})

test('an object that is given back is handed out again, and the live count follows', () => {
  const cache = kmem_cache_create(thing)
  const first = kmem_cache_alloc(cache, thing)
  expect(kmem_cache_active(cache)).toBe(1)
  kmem_cache_free(cache, thing, first)
  expect(kmem_cache_active(cache)).toBe(0)
  expect(kmem_cache_alloc(cache, thing)).toBe(first)
})

test('live objects never overlap', () => {
  const cache = kmem_cache_create(thing)
  const objects = Array.from({ length: 200 }, () => kmem_cache_alloc(cache, thing)).toSorted((a, b) => a - b)
  for (let i = 1; i < objects.length; i++) {
    expect((objects[i] as number) - (objects[i - 1] as number)).toBeGreaterThanOrEqual(thing.words)
  }
})

test('zalloc clears what an earlier owner left', () => {
  const cache = kmem_cache_create(thing)
  const object = kmem_cache_alloc(cache, thing)
  for (let i = 0; i < thing.words; i++) write(object + i, 42)
  kmem_cache_free(cache, thing, object)
  const again = kmem_cache_zalloc(cache, thing)
  expect(Array.from({ length: thing.words }, (_, i) => read(again + i)).filter((word) => word !== 0)).toEqual(
    [],
  )
})

test('a full arena answers 0, and freeing makes room again', () => {
  const cache = kmem_cache_create(thing)
  const objects: number[] = []
  for (;;) {
    const object = kmem_cache_alloc(cache, thing)
    if (object === 0) break
    objects.push(object)
  }
  expect(objects.length).toBeGreaterThan(1000)
  for (const object of objects) kmem_cache_free(cache, thing, object)
  expect(kmem_cache_active(cache)).toBe(0)
  for (let i = 0; i < objects.length; i++) expect(kmem_cache_alloc(cache, thing)).not.toBe(0)
})

test('fail_nth makes the n-th allocation fail and no other', () => {
  const cache = kmem_cache_create(thing)
  set_fail_nth(2)
  expect(kmem_cache_alloc(cache, thing)).not.toBe(0)
  expect(kmem_cache_alloc(cache, thing)).toBe(0)
  expect(kmem_cache_alloc(cache, thing)).not.toBe(0)
})
