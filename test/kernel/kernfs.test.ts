import { describe, expect, test } from 'vitest'
import { as, EACCES, EBADF, EEXIST, EIO, EISDIR, ENODEV, ENOENT, Oops } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { kernfs_bucket } from '#lockstorm/kernel/kernfs/node'
import { name_hash } from '#lockstorm/kernel/qstr'
import { read } from '#lockstorm/mem/access.fast'
import { bootKernel, must, name, zalloc } from './fixture.ts'

const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
const attrs = {
  rw: k.define_attribute<'kobject'>('t.rw', {
    name: 'rw',
    mode: 0o644,
    show: () => 'hello\n',
    store: (_object, text) => text.length,
  }),
  ro: k.define_attribute<'kobject'>('t.ro', { name: 'ro', mode: 0o444, show: () => '1\n' }),
  wo: k.define_attribute<'kobject'>('t.wo', { name: 'wo', mode: 0o200, store: () => -ENODEV }),
  none: k.define_attribute<'kobject'>('t.none', { name: 'none', mode: 0o644 }),
}
const groups = k.define_groups('t.groups', [
  { attrs: [attrs.rw, attrs.ro] },
  { name: 'vendor', attrs: [attrs.wo, attrs.none] },
])

function object(options: k.KernelOptions) {
  bootKernel(options)
  return must(k.kobject_create_and_add(name('obj'), as(0)), 'kobject')
}

describe.each([{ secondOrder: true }, { secondOrder: false }])(
  'with second-order locks $secondOrder',
  (options) => {
    test('a name can be used once per directory; the second use is warned about, with a stack, and counted', () => {
      const obj = object(options)
      expect(k.kobject_create_and_add(name('obj'), as(0))).toBe(-EEXIST)
      expect(k.duplicate_count()).toBe(1)
      const [warning] = k.kernel_reports()
      expect(warning).toMatchObject({
        kind: 'warning',
        title: "sysfs: cannot create duplicate filename '/obj'",
      })
      expect(warning?.trace.slice(0, 2)).toEqual(['sysfs_create_dir', 'create_dir'])
      expect(k.kobject_create_and_add(name('obj'), obj)).toBeGreaterThan(0)
      expect(k.sysfs_tree(k.sysfs_dir(obj))).toBe('/sys/obj\n/sys/obj/obj')
    })

    test('a thousand names in one directory are all found and all removed', () => {
      const obj = object(options)
      const before = k.kernfs_active_nodes()
      const names = Array.from({ length: 1000 }, (_, i) => UUID.slice(0, 32) + (i + 4096).toString(16))
      for (const text of names) {
        k.kernfs_put(must(k.kernfs_create_dir(k.sysfs_dir(obj), name(text), 0o755, obj), 'kernfs_node'))
      }
      for (const text of names) {
        const kn = k.kernfs_find_and_get(k.sysfs_dir(obj), name(text))
        expect(k.kernfs_name(kn)).toBe(text)
        k.kernfs_put(kn)
      }
      for (const text of names) expect(k.kernfs_remove_by_name(k.sysfs_dir(obj), name(text))).toBe(0)
      expect(k.kernfs_remove_by_name(k.sysfs_dir(obj), name(UUID))).toBe(-ENOENT)
      expect(k.kernfs_active_nodes()).toBe(before)
    })

    test('removing a directory removes all below it, and nothing stays', () => {
      const obj = object(options)
      const before = k.kernfs_active_nodes()
      const child = must(k.kobject_create_and_add(name('child'), obj), 'kobject')
      must(k.kobject_create_and_add(name('grandchild'), child), 'kobject')
      expect(k.sysfs_create_groups(child, groups)).toBe(0)
      expect(k.sysfs_create_link(child, obj, name('up'))).toBe(0)
      expect(k.kernfs_count_below(k.sysfs_dir(obj))).toBe(8)
      k.kernfs_remove(k.sysfs_dir(child))
      expect(k.kernfs_count_below(k.sysfs_dir(obj))).toBe(0)
      // Two kobjects still hold their directories, out of the tree.
      expect(k.kernfs_active_nodes()).toBe(before + 2)
      expect(k.kernel_counts().kernfsLinked).toBe(before)
    })

    test('a directory that is being removed takes no new names', () => {
      const obj = object(options)
      const dir = k.kernfs_get(k.sysfs_dir(obj))
      k.kobject_put(obj)
      expect(k.kernfs_create_dir(dir, name('late'), 0o755, 0)).toBe(-ENOENT)
      k.kernfs_put(dir)
    })

    test('files answer opens, reads and writes as sysfs does', () => {
      const obj = object(options)
      expect(k.sysfs_create_groups(obj, groups)).toBe(0)
      expect(k.sysfs_read('/sys/obj/rw')).toBe('hello\n')
      expect(k.sysfs_write('/sys/obj/rw', 'four')).toBe(4)
      expect(k.sysfs_write('/sys/obj/vendor/wo', 'x')).toBe(-ENODEV)
      expect(k.sysfs_write('/sys/obj/vendor/wo', '')).toBe(0)
      expect(k.sysfs_read('/sys/obj/vendor/wo')).toBe(-EACCES)
      expect(k.sysfs_write('/sys/obj/ro', '1')).toBe(-EACCES)
      expect(k.sysfs_read('/sys/obj/vendor/none')).toBe(-EIO)
      expect(k.sysfs_write('/sys/obj/vendor/none', '1')).toBe(-EIO)
      expect(k.sysfs_read('/sys/obj')).toBe(-EISDIR)
      expect(k.sysfs_read('/sys/obj/missing')).toBe(-ENOENT)
      expect(k.sysfs_list('/sys/obj')).toEqual(['ro', 'rw', 'vendor'])
    })

    test('at most a page reaches a store, and the result says how much it was', () => {
      object(options)
      const obj = must(k.kobject_create_and_add(name('o'), as(0)), 'kobject')
      expect(k.sysfs_create_file(obj, attrs.rw)).toBe(0)
      expect(k.sysfs_write('/sys/o/rw', 'x'.repeat(5000))).toBe(4096)
    })

    test('an open file reads to the end once, and anew from position 0', () => {
      const obj = object(options)
      expect(k.sysfs_create_file(obj, attrs.rw)).toBe(0)
      const of = must(k.vfs_open_at(k.sysfs_dir(obj), name('rw'), k.O_RDONLY), 'kernfs_open_file')
      expect([k.vfs_read(of), k.vfs_read(of)]).toEqual(['hello\n', ''])
      k.vfs_lseek(of, 0)
      expect(k.vfs_read(of)).toBe('hello\n')
      expect(k.vfs_write(of, 'x')).toBe(-EBADF)
      k.vfs_close(of)
    })

    test('a file that was removed is ENODEV for who has it open and ENOENT for who opens it', () => {
      const obj = object(options)
      expect(k.sysfs_create_file(obj, attrs.rw)).toBe(0)
      const of = must(k.vfs_open_at(k.sysfs_dir(obj), name('rw'), k.O_RDWR), 'kernfs_open_file')
      k.sysfs_remove_file(obj, attrs.rw)
      expect(k.vfs_write(of, 'x')).toBe(-ENODEV)
      expect(k.vfs_write(of, '')).toBe(-ENODEV)
      expect(k.vfs_read(of)).toBe(-ENODEV)
      expect(k.vfs_open_at(k.sysfs_dir(obj), name('rw'), k.O_RDWR)).toBe(-ENOENT)
      k.vfs_close(of)
      expect(k.open_files()).toBe(0)
    })

    test('a link keeps its target in memory and is reported when the target has gone', () => {
      const obj = object(options)
      const target = must(k.kobject_create_and_add(name('target'), as(0)), 'kobject')
      expect(k.sysfs_create_link(obj, target, name('to'))).toBe(0)
      expect(k.sysfs_readlink('/sys/obj/to')).toBe('../target')
      expect(k.dangling_links()).toEqual([])
      k.kobject_put(target)
      expect(k.dangling_links()).toEqual(['/sys/obj/to'])
      expect(k.sysfs_read('/sys/obj/to')).toBe(-EISDIR)
      k.sysfs_remove_link(obj, name('to'))
      expect(k.dangling_links()).toEqual([])
    })
  },
)

test('a path can be compiled once and looked up in words', () => {
  const obj = object({})
  expect(k.sysfs_create_file(obj, attrs.rw)).toBe(0)
  const path = must(k.path_compile('/sys/obj/rw'), 'sys_path')
  const kn = must(k.path_lookup(path), 'kernfs_node')
  expect(k.kernfs_path(kn)).toBe('/sys/obj/rw')
  k.kernfs_put(kn)
  k.sysfs_remove_file(obj, attrs.rw)
  expect(k.path_lookup(path)).toBe(-ENOENT)
  expect(k.kern_path('/sys/obj/../bus')).toBe(k.kern_path('/sys/bus'))
  expect(k.kern_path('/proc')).toBeLessThan(0)
})

test('a group that fails in the middle leaves no file of it', () => {
  const obj = object({})
  expect(k.sysfs_create_file(obj, attrs.ro)).toBe(0)
  expect(k.sysfs_create_groups(obj, groups)).toBe(-EEXIST)
  expect(k.sysfs_list('/sys/obj')).toEqual(['ro'])
})

test('no operation is left on any node of an idle tree', () => {
  const obj = object({})
  expect(k.sysfs_create_file(obj, attrs.rw)).toBe(0)
  expect(k.sysfs_read('/sys/obj/rw')).toBe('hello\n')
  expect(k.busy_nodes()).toEqual([])
})

test('what is made in a directory that was freed dies of a protection fault instead of corrupting another', () => {
  const obj = object({})
  const dir = k.sysfs_dir(obj)
  k.kobject_put(obj)
  expect(() => k.kernfs_create_dir(dir, name('late'), 0o755, 0)).toThrow(Oops)
  expect(k.kernel_reports()[0]).toMatchObject({ kind: 'oops', rip: 'kernfs_new_node', address: dir })
})

test('a reference that is put twice is noticed, on a node and on an object', () => {
  const obj = object({})
  const dir = k.sysfs_dir(obj)
  k.kobject_put(obj)
  expect(() => k.kernfs_put(dir)).toThrow(Oops)
  k.kobject_put(obj)
  expect(k.warning_count()).toBe(1)
})

test('the names of one directory are spread over all buckets, over those of a shard where shards have locks of their own', () => {
  const NAMES = 8000
  const used = (secondOrder: boolean): number => {
    bootKernel({ secondOrder, devices: NAMES })
    const dir = must(k.kobject_create_and_add(name('all'), as(0)), 'kobject')
    const found = Array.from({ length: NAMES }, (_, i) =>
      kernfs_bucket(as(dir), name_hash(name(`name-${i}`))),
    )
    return new Set(found).size
  }
  // Of 65,536 buckets, and of 1,024.
  expect(used(true)).toBeGreaterThan(0.9 * NAMES)
  expect(used(false)).toBeLessThanOrEqual(1024)
})

test('a node without references cannot be had again, and is left alone', () => {
  bootKernel()
  const kn = zalloc(k.kernfs_node)
  expect(() => k.kernfs_get(kn)).toThrow(Oops)
  expect(read(kn + k.kernfs_node.offset.count)).toBe(0)
})
