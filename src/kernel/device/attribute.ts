/**
 * Attributes: what a file of sysfs shows and stores. An attribute belongs to a kind of object whose struct begins with
 * its kobject, so that show and store get the object itself.
 *
 * Source   include/linux/sysfs.h
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { static_name } from '../static_name.ts'

/** What defines an attribute. `S` is the struct that begins with the kobject. */
export interface AttributeSpec<S extends string> {
  /** File name. */
  readonly name: string
  /** Permission bits, such as 0o444. */
  readonly mode: number
  /** Text of the file, or a negative errno. Without it reading gives -EIO. */
  readonly show?: (object: Addr<S>, attr: number) => string | number
  /** Takes what was written: number of bytes used, or a negative errno. Without it writing gives -EIO. */
  readonly store?: (object: Addr<S>, text: string, attr: number) => number
}

/** An attribute as the file layer sees it. */
export interface Attribute {
  readonly name: string
  /** Key of the name (static_name). */
  readonly key: number
  readonly mode: number
  /** Lock class of the file's active reference. */
  readonly lockName: string
  readonly show: ((object: number, attr: number) => string | number) | undefined
  readonly store: ((object: number, text: string, attr: number) => number) | undefined
}

/** All attributes of this CPU. */
export const attributes = new OpsTable<Attribute>('attribute')

/**
 * Defines an attribute and returns its id. At module load, on every CPU alike.
 * @param id unique name: `mdev_type.create`
 */
export function define_attribute<S extends string>(id: string, spec: AttributeSpec<S>): number {
  return attributes.define(id, {
    name: spec.name,
    key: static_name(spec.name),
    mode: spec.mode,
    lockName: `kn->active#${id}`,
    show: spec.show as Attribute['show'],
    store: spec.store as Attribute['store'],
  })
}

/** A set of attributes; with a name they live in a directory of their own. */
export interface AttributeGroup {
  /** Key of the directory's name; 0 puts the files into the object's own directory. */
  readonly key: number
  /** Attribute ids, in order of creation. */
  readonly attrs: readonly number[]
}

const groups = new OpsTable<readonly AttributeGroup[]>('attribute groups')

/**
 * Defines a list of groups and returns its id; 0 stands for no groups wherever an id is asked for.
 * @param id unique name: `mdev.groups`
 */
export function define_groups(
  id: string,
  list: readonly { readonly name?: string; readonly attrs: readonly number[] }[],
): number {
  const made = list.map(({ name, attrs }) => ({ key: name === undefined ? 0 : static_name(name), attrs }))
  return groups.define(id, made)
}

/** Groups of an id. */
export function groups_of(id: number): readonly AttributeGroup[] {
  return groups.get(id)
}
