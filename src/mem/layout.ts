/**
 * C structs over the arena. A layout gives each field a word offset and remembers which lock guards it; reports, the
 * race detector and the ladders of the explorer read the same record.
 *
 *   export const mdev_device = struct('mdev_device', {
 *     dev: embed(device),
 *     next: guarded_by('mdev_list_lock', embed(list_head)),
 *     active: guarded_by('mdev_list_lock', word),
 *   })
 *   mdev_device.at.next(mdev)      // Addr<'list_head'>
 *   mdev_device.offset.active      // word offset: hot paths keep it in a module constant
 */
import { as, type Addr } from '../base/addr.ts'

/** One field: how many words, what it is, who guards it. */
export interface Field<T extends string> {
  readonly words: number
  /** What lives at the field's address: `'word'`, `'words'`, the name of an embedded struct, or `'*name'`. */
  readonly target: T
  /** Text of the lock that guards the field; '' when it is constant after publication or atomic. */
  readonly guard: string
  /** Layout of an embedded struct. */
  readonly embedded?: Layout
}

/** What a layout records of a field. */
export interface FieldInfo {
  readonly name: string
  readonly offset: number
  readonly words: number
  readonly target: string
  readonly guard: string
  readonly embedded?: Layout
}

/** A layout with its field types forgotten. */
export interface Layout {
  readonly name: string
  readonly words: number
  readonly fields: readonly FieldInfo[]
}

/** A layout as `struct` returns it. */
export interface Struct<S extends string, F extends Record<string, Field<string>>> extends Layout {
  readonly name: S
  /** Word offset of each field. */
  readonly offset: { readonly [K in keyof F]: number }
  /** Address of each field of an object. */
  readonly at: { readonly [K in keyof F]: (object: Addr<S>) => Addr<F[K]['target']> }
  /** container_of: the object whose field is at this address. */
  readonly of: { readonly [K in keyof F]: (field: number) => Addr<S> }
}

/** One 32-bit word. */
export const word: Field<'word'> = { words: 1, target: 'word', guard: '' }

/** A second name for the word that follows. */
export const label: Field<'word'> = { words: 0, target: 'word', guard: '' }

/** `count` words in a row. */
/* @__NO_SIDE_EFFECTS__ */
export function words(count: number): Field<'words'> {
  return { words: count, target: 'words', guard: '' }
}

/** A pointer to a struct `name`: one word. */
/* @__NO_SIDE_EFFECTS__ */
export function ptr<S extends string>(name: S): Field<`*${S}`> {
  return { words: 1, target: `*${name}`, guard: '' }
}

/** Another struct, in place. */
/* @__NO_SIDE_EFFECTS__ */
export function embed<S extends string>(layout: Layout & { readonly name: S }): Field<S> {
  return { words: layout.words, target: layout.name, guard: '', embedded: layout }
}

/** Records the lock that must be held to touch the field. */
/* @__NO_SIDE_EFFECTS__ */
export function guarded_by<T extends string>(lock: string, field: Field<T>): Field<T> {
  return { ...field, guard: lock }
}

const layouts = new Map<string, Layout>()

/** The layout with this name, if its module has been loaded. */
export function layoutOf(name: string): Layout | undefined {
  return layouts.get(name)
}

/** Lays the fields out in order, without padding. */
/* @__NO_SIDE_EFFECTS__ */
export function struct<S extends string, F extends Record<string, Field<string>>>(
  name: S,
  fields: F,
): Struct<S, F> {
  const offset: Record<string, number> = {}
  const at: Record<string, (object: Addr<S>) => Addr<string>> = {}
  const of: Record<string, (field: number) => Addr<S>> = {}
  let size = 0
  const infos = Object.entries(fields).map(([field, what]): FieldInfo => {
    const here = size
    offset[field] = here
    at[field] = (object) => as(object + here)
    of[field] = (address) => as(address - here)
    size += what.words
    return { ...what, name: field, offset: here }
  })
  const layout = { name, words: size, fields: infos, offset, at, of } as unknown as Struct<S, F>
  layouts.set(name, layout)
  return layout
}

/** Path of the field at a word offset, through embedded structs: `dev.kobj.kref`. '' when the offset is outside. */
export function fieldPath(layout: Layout, offset: number): string {
  for (const field of layout.fields) {
    const within = offset - field.offset
    if (within < 0 || within >= field.words) continue
    if (field.embedded !== undefined) {
      const rest = fieldPath(field.embedded, within)
      return rest === '' ? field.name : `${field.name}.${rest}`
    }
    return field.words > 1 ? `${field.name}[${within}]` : field.name
  }
  return ''
}
