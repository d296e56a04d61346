/**
 * Models of classes: the first device of a class below a parent brings a directory, the last one takes it away, and whoever comes
 * meanwhile has one.
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import {
  class_create,
  class_for_each_device,
  device_create,
  device_destroy,
} from '../../kernel/device/class.ts'
import { device_add } from '../../kernel/device/device_add.ts'
import { classDirCache, deviceCache } from '../../kernel/device/device_root.ts'
import { device, type Device } from '../../kernel/device/device_struct.ts'
import { dangling_links } from '../../kernel/invariants.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { kmem_cache_active } from '../../mem/slab.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { makeDevice, text } from './machine.ts'
import { BOOTED, must, onEach, quiet } from './world.ts'

interface Classed extends Record<string, number> {
  readonly cls: number
  readonly cls2: number
  /** Device below which the others are; NULL: virtual ones. */
  readonly parent: number
  /** Names. */
  readonly one: number
  readonly two: number
  /** A device of the name `one`, if there is one. */
  readonly dev: number
  /** One word per CPU: what it made. */
  readonly made: number
  readonly before: number
}

type Body = (s: Classed) => void

function setup(virtual: boolean, cpus: number, there: boolean): (scene: Scene) => Classed {
  return (scene) => {
    bootKernel(true)
    const [cls, cls2] = [
      must<'class'>('class', class_create(text('c'))),
      must('class', class_create(text('d'))),
    ]
    const parent = as<'device'>(virtual ? NULL : makeDevice(scene, 'parent', 0, 0, alloc_boot(1)))
    if (parent !== 0) check(device_add(parent) === 0, 'device_add')
    const [one, two] = [text('one'), text('two')]
    onEach(scene, cpus, () => device_destroy(must('warm', device_create(cls, parent, 0, 0, one))))
    const before = kmem_cache_active(deviceCache())
    const dev = there ? must<'device'>('one', device_create(cls, parent, 0, 0, one)) : NULL
    return { cls, cls2, parent, one, two, dev, made: alloc_boot(cpus), before }
  }
}

function make(s: Classed, cls: number, name: number): number {
  return must<'device'>('device_create', device_create(as(cls), as(s.parent), 0, 0, as(name)))
}

const create =
  (cpu: number, name: 'one' | 'two', cls: 'cls' | 'cls2' = 'cls'): Body =>
  (s) =>
    write(s.made + cpu, make(s, s[cls], s[name]))

/** Makes a device and removes it. */
const flash =
  (name: 'one' | 'two'): Body =>
  (s) =>
    device_destroy(as(make(s, s.cls, s[name])))

const destroy: Body = ({ dev }) => device_destroy(as(dev))

function look(dev: Device): number {
  check(read(dev + device.offset.class) !== 0, 'a walker sees what is no device')
  return 0
}

const walk: Body = ({ cls }) => class_for_each_device(as(cls), look)

/** WRONG: keeps a device that it stood on. */
function careless({ cls }: Classed): void {
  let last: Addr<'device'> = as(0)
  class_for_each_device(as(cls), (dev) => {
    last = dev
    return 0
  })
  if (last !== 0) look(last)
}

/** So many devices are left, in so many directories. */
function left(devices: number, dirs: number): (s: Classed) => void {
  return ({ before }) => {
    quiet()
    check(dangling_links().length === 0, `dangling: ${dangling_links().join(' ')}`)
    const there = kmem_cache_active(deviceCache()) - before
    check(there === devices, `${there} devices are left, not ${devices}`)
    check(kmem_cache_active(classDirCache()) === dirs, `${kmem_cache_active(classDirCache())} directories`)
  }
}

/** Name, what runs, whether one is there before, the CPUs, how many are left, in how many directories. */
const RACES: readonly (readonly [
  string,
  string,
  boolean,
  readonly Body[],
  number,
  number,
  Partial<Model<Classed>>?,
])[] = [
  [
    'create-create',
    'two devices of a class are made',
    false,
    [create(0, 'one'), create(1, 'two')],
    2,
    1,
    { bound: 1 },
  ],
  [
    'create-destroy',
    'one is made ‖ the only other one removed',
    true,
    [create(0, 'two'), destroy],
    1,
    1,
    { bound: 1 },
  ],
  ['flash-flash', 'two are made and removed', false, [flash('one'), flash('two')], 0, 0, { bound: 1 }],
  [
    'two-classes',
    'two of different classes are made',
    false,
    [create(0, 'one'), create(1, 'two', 'cls2')],
    2,
    2,
    { bound: 1 },
  ],
  [
    'flash-destroy',
    'one is made and removed ‖ another removed',
    true,
    [flash('two'), destroy],
    0,
    0,
    { bound: 1 },
  ],
  ['walk-destroy', 'a walk over the class ‖ its device is removed', true, [walk, destroy], 0, 0],
  [
    'walk-control',
    'WRONG: a device of the class is kept without a reference ‖ it is removed',
    true,
    [careless, destroy],
    0,
    0,
    { expect: 'use after free' },
  ],
]

/** Models of classes, their devices below a parent and virtual. */
export const classModels: readonly Model[] = [true, false].flatMap((virtual) =>
  RACES.map(([name, what, there, cpus, devices, dirs, more]) =>
    defineModel<Classed>({
      name: `class-${name}:${virtual ? 'virtual' : 'child'}`,
      summary: `${what}; ${virtual ? 'virtual devices' : 'below a parent'}`,
      setup: setup(virtual, cpus.length, there),
      cpus,
      finish: left(devices, dirs),
      ...BOOTED,
      ...more,
    }),
  ),
)
