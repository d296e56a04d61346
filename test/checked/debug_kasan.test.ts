import { afterEach, beforeEach, expect, test } from 'vitest'
import { cmpxchg, read, READ_ONCE, write } from '#lockstorm/mem/access.checked'
import type { Addr } from '#lockstorm/base/addr'
import { findings, Kasan, kasan_init, type KasanOptions } from '#lockstorm/debug/index'
import {
  alloc_boot,
  alloc_percpu,
  createArena,
  kmem_cache_active,
  kmem_cache_alloc,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  struct,
  words,
} from '#lockstorm/mem/index'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import { shape } from './debug_fixture.ts'

const mdev_device = struct('mdev_device_t', { payload: words(32) })
let kasan: Kasan | undefined
let cache: Addr<'kmem_cache'>

function boot(options: KasanOptions = {}): void {
  shutdown()
  createArena(1 << 22, 2)
  if (!kasan_init(options)) throw new Error('too small')
  kasan = new Kasan()
  installObserver(kasan)
  cache = kmem_cache_create(mdev_device)
}

function shutdown(): void {
  if (kasan !== undefined) removeObserver(kasan)
  kasan = undefined
}

beforeEach(() => {
  boot()
})
afterEach(shutdown)

const titles = (): string[] => findings().map(({ title }) => title)

function mdev_probe(): Addr<'mdev_device_t'> {
  return kmem_cache_zalloc(cache, mdev_device)
}
function mdev_release(device: number): void {
  kmem_cache_free(cache, mdev_device, device)
}
function show_state(device: number, offset: number): number {
  return read(device + offset)
}

test('use after free: who uses, who allocated, who freed', () => {
  const device = mdev_probe()
  mdev_release(device)
  show_state(device, 3)
  const [one, ...more] = findings()
  expect(more).toEqual([])
  expect(one?.title).toBe('slab-use-after-free in show_state')
  const text = one?.text ?? ''
  expect(text).toContain(
    'BUG: KASAN: slab-use-after-free in show_state [debug_kasan]\nRead of size 4 at addr ',
  )
  expect(text).toContain('by task cpu-0/1')
  expect(text).toMatch(
    /Allocated by task 1:\n kmem_cache_alloc\n kmem_cache_zalloc\n mdev_probe \[debug_kasan\]/,
  )
  expect(text).toMatch(/Freed by task 1:\n kmem_cache_free\n mdev_release \[debug_kasan\]/)
  expect(shape(text)).toContain(`
The buggy address belongs to the object at ADDR
 which belongs to the cache mdev_device_t of size 128
The buggy address is located 12 bytes inside of
 128-byte region [ADDR, ADDR)

Memory state around the buggy address:`)
})

test('out of bounds: the word behind an object, read or written', () => {
  const device = mdev_probe()
  show_state(device, 32)
  write(device + 33, 1)
  expect(titles()).toEqual([
    'slab-out-of-bounds in show_state',
    expect.stringContaining('slab-out-of-bounds in '),
  ])
  expect(findings()[0]?.text).toContain(
    'The buggy address is located 0 bytes to the right of\n 128-byte region',
  )
  expect(findings()[1]?.text).toContain('Write of size 4 at addr ')
})

test('an atomic access to freed memory is seen as well', () => {
  const device = mdev_probe()
  mdev_release(device)
  READ_ONCE(device)
  cmpxchg(device + 1, 0, 1)
  expect(findings().map(({ data }) => data['kind'])).toEqual(['Read', 'Write'])
})

test.each([undefined, 0])(
  'double free: reported, and the object is not handed out twice (quarantine %s)',
  (quarantine) => {
    boot(quarantine === undefined ? {} : { quarantine })
    const device = mdev_probe()
    mdev_release(device)
    mdev_release(device)
    expect(titles()).toEqual(['double-free in kmem_cache_free'])
    expect(findings()[0]?.text).toContain('Free of addr ')
    const later = Array.from({ length: 200 }, () => kmem_cache_alloc(cache, mdev_device))
    expect(new Set(later).size).toBe(200)
  },
)

test('an address that is no object is freed: invalid free', () => {
  const device = mdev_probe()
  mdev_release(device + 4)
  mdev_release(alloc_boot(16))
  expect(titles()).toEqual(['invalid-free in kmem_cache_free'])
})

test('NULL and what lies outside the arena', () => {
  show_state(0, 5)
  read(-7)
  read(1 << 28)
  expect(titles().map((title) => title.split(' ')[0])).toEqual([
    'null-ptr-deref',
    'wild-memory-access',
    'wild-memory-access',
  ])
})

test('one place is reported once, and no more than the run allows', () => {
  boot({ maxReports: 2 })
  const device = mdev_probe()
  mdev_release(device)
  for (let i = 0; i < 5; i++) show_state(device, 1)
  READ_ONCE(device)
  READ_ONCE(device)
  expect(titles()).toHaveLength(2)
})

test('quarantine: an object comes back only after the CPU has freed that many others', () => {
  boot({ quarantine: 8 })
  const device = mdev_probe()
  mdev_release(device)
  const seen = new Set<number>()
  for (let i = 0; i < 7; i++) {
    const other = mdev_probe()
    seen.add(other)
    mdev_release(other)
  }
  expect(seen.has(device)).toBe(false)
  mdev_release(mdev_probe())
  const later = Array.from({ length: 28 }, mdev_probe)
  expect(later).toContain(device)
})

test('without quarantine a late use meets the next owner, and nobody notices', () => {
  boot({ quarantine: 0 })
  const device = mdev_probe()
  mdev_release(device)
  expect(mdev_probe()).toBe(device)
  show_state(device, 1)
  expect(titles()).toEqual([])
})

// --- never ---

test('ordinary life of many objects, of boot memory and of per-CPU memory is never reported', () => {
  const boots = alloc_boot(8)
  const percpu = alloc_percpu(4)
  for (let round = 0; round < 20; round++) {
    const objects = Array.from({ length: 100 }, mdev_probe)
    for (const object of objects) {
      for (let i = 0; i < mdev_device.words; i++) write(object + i, read(object + i) + 1)
      cmpxchg(object, 1, 2)
    }
    write(boots + 7, READ_ONCE(percpu + 3))
    for (const object of objects) mdev_release(object)
  }
  expect(titles()).toEqual([])
  expect(kmem_cache_active(cache)).toBe(0)
})
