/**
 * Models of the allocators: slab caches with their magazines and depot, per-CPU areas, strings. What is handed out is nobody else's,
 * what is freed can be had again, and a text has one number.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { alloc_boot, arenaLimit, arenaUsedWords } from '../../mem/arena.ts'
import { bitmap_weight, ida_alloc, ida_free } from '../../mem/bitmap.ts'
import { struct, word } from '../../mem/layout.ts'
import { alloc_percpu, free_percpu } from '../../mem/percpu.ts'
import {
  kmem_cache,
  kmem_cache_active,
  kmem_cache_alloc,
  kmem_cache_create,
  kmem_cache_free,
} from '../../mem/slab.ts'
import { intern, lookupString, strings_init, textOf } from '../../mem/strings.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'

const thing = struct('explored_slab', { link: word, used: word })
const USED = thing.offset.used
/** Objects that a magazine holds, and that move at once. */
const MAGAZINE = 28
const HALF = MAGAZINE / 2

interface Slab extends Record<string, number> {
  readonly cache: number
  /** Objects in use, and how many. */
  readonly mine: number
  readonly count: number
  /** One word that passes an object on. */
  readonly slot: number
  readonly carved: number
}

type Body = (s: Slab) => void

function take(cache: number): number {
  const object = kmem_cache_alloc(as<'kmem_cache'>(cache), thing)
  if (object === 0) return 0
  check(read(object + USED) === 0, 'an object is handed out twice')
  write(object + USED, 1)
  return object
}

function give(cache: number, object: number): void {
  write(object + USED, 0)
  kmem_cache_free(as(cache), thing, object)
}

/** A cache whose depot holds `depot` objects and CPU 0's magazine all it can; it uses `held` more. Whole halves of magazines. */
function setup(depot: number, held: number, spare: number): (scene: Scene) => Slab {
  return (scene) => {
    const cache = scene.name(kmem_cache_create(thing), 'cache', kmem_cache)
    const slot = scene.name(alloc_boot(1), 'slot')
    const all = Array.from({ length: MAGAZINE + depot + held }, () => take(cache))
    const mine = alloc_boot(Math.max(held, 1))
    for (let i = 0; i < held; i++) write(mine + i, all.pop() as number)
    for (const object of all) give(cache, object)
    if (spare > 0) alloc_boot(arenaLimit() - arenaUsedWords() - spare, 1)
    return { cache, mine, count: held, slot, carved: read(cache + kmem_cache.offset.carved) }
  }
}

const use =
  (count: number): Body =>
  ({ cache }) => {
    const got = Array.from({ length: count }, () => take(cache))
    for (const object of got) if (object !== 0) give(cache, object)
  }

/** Frees what set-up took: its magazine overflows into the depot. */
function giveAll({ cache, mine, count }: Slab): void {
  for (let i = 0; i < count; i++) give(cache, read(mine + i))
}

/** Passes an object to the other CPU. */
function pass({ cache, slot }: Slab): void {
  WRITE_ONCE(slot, take(cache))
  use(1)({ cache } as Slab)
}

/** Frees what it was passed, and takes one. */
function receive({ cache, slot }: Slab): void {
  const object = READ_ONCE(slot)
  if (object !== 0) give(cache, object)
  use(1)({ cache } as Slab)
}

/** WRONG: frees an object that another CPU has. */
function careless({ cache, slot }: Slab): void {
  const object = READ_ONCE(slot)
  if (object === 0) return
  give(cache, object)
  read(object + USED)
}

/** Nothing is in use but what was not passed on, and the free objects are all there, once each. */
function whole({ cache, slot }: Slab): void {
  const active = kmem_cache_active(as(cache))
  check(active === 0 || (active === 1 && read(slot) !== 0), `${active} objects are in use`)
  const free = new Set<number>()
  for (let object = read(cache + kmem_cache.offset.depot); object !== 0; object = read(object)) {
    check(!free.has(object), 'the depot has an object twice')
    free.add(object)
  }
}

const SLABS: readonly (readonly [
  string,
  string,
  number,
  number,
  readonly Body[],
  number,
  Partial<Model<Slab>>?,
])[] = [
  ['refill', 'two CPUs fill their magazines from the depot', HALF, 0, [use(MAGAZINE + 1), use(1)], 0],
  [
    'flush-refill',
    'a magazine overflows into the depot ‖ another is filled from it',
    0,
    HALF,
    [giveAll, use(1)],
    0,
  ],
  ['pass', 'an object is freed by another CPU than the one that took it', 0, 0, [pass, receive], 0],
  ['carve', 'two CPUs take fresh objects', 0, 0, [use(MAGAZINE + 1), use(1)], 0],
  ['full', 'the arena ends under two CPUs', 0, 0, [use(MAGAZINE + 1), use(1)], 5],
  ['three', 'two magazines are filled ‖ one overflows', 0, HALF, [giveAll, use(1), use(1)], 0, { bound: 2 }],
  [
    'control',
    'WRONG: an object is used after its kmem_cache_free',
    0,
    0,
    [pass, careless],
    0,
    { expect: 'use after free' },
  ],
]

interface Areas extends Record<string, number> {
  readonly area: number
}

function areas(): Areas {
  return { area: alloc_percpu(1) }
}

function area(): number {
  const one = alloc_percpu(1)
  check(one !== 0 && read(one) === 0, 'an area is not zero')
  write(one, 1)
  return one
}

interface Texts extends Record<string, number> {
  readonly ids: number
}

const says =
  (cpu: number, text: string): ((s: Texts) => void) =>
  ({ ids }) => {
    const id = intern(text)
    write(ids + cpu, id)
    check(textOf(id) === text, 'a number has another text')
  }

/** A map of numbers, and who has which. */
interface Numbers extends Record<string, number> {
  readonly map: number
  readonly mine: number
}

function number(cpu: number): (s: Numbers) => void {
  return ({ map, mine }) => write(mine + cpu, ida_alloc(map, 8))
}

function again(cpu: number): (s: Numbers) => void {
  return ({ map, mine }) => {
    ida_free(map, ida_alloc(map, 8))
    write(mine + cpu, ida_alloc(map, 8))
  }
}

const slabModels = SLABS.map(([name, summary, depot, held, cpus, spare, more]) =>
  defineModel<Slab>({
    name: `slab-${name}`,
    summary,
    setup: setup(depot, held, spare),
    cpus,
    finish: whole,
    ...more,
  }),
)

/** Models of the allocators. */
export const slabs: readonly Model[] = [
  ...slabModels,
  defineModel<Areas>({
    name: 'percpu-alloc',
    summary: 'a per-CPU area is freed ‖ two are taken',
    setup: areas,
    bound: 3,
    cpus: [({ area: old }) => free_percpu(old, 1), () => void area(), () => free_percpu(area(), 1)],
  }),
  defineModel<Numbers>({
    name: 'ida-alloc',
    summary: 'three CPUs take a number each, one gives its back and takes another',
    setup: () => ({ map: alloc_boot(1), mine: alloc_boot(3) }),
    cpus: [number(0), number(1), again(2)],
    finish({ map, mine }) {
      const taken = [0, 1, 2].map((cpu) => read(mine + cpu))
      check(new Set(taken).size === 3 && bitmap_weight(map, 1) === 3, `numbers ${taken.join(', ')}`)
    },
  }),
  defineModel<Texts>({
    name: 'strings-intern',
    summary: 'a text is interned twice ‖ another one',
    setup: () => {
      check(strings_init(16), 'no memory')
      return { ids: alloc_boot(3) }
    },
    cpus: [says(0, 'one'), says(1, 'one'), says(2, 'two')],
    finish({ ids }) {
      const [a, b, c] = [read(ids), read(ids + 1), read(ids + 2)]
      check(a === b && a !== c && lookupString('two') === c, `numbers ${a}, ${b}, ${c}`)
    },
  }),
]
