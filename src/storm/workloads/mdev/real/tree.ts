/**
 * A real tree of sysfs: what parents and types it offers, and the files by which devices are made and removed. Reads only.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** Where a storm goes on in a tree. Handed to the CPUs. */
export interface RealTree {
  /** Absolute. */
  readonly dir: string
  readonly type: string
  readonly parents: readonly string[]
  /** First eight digits of every uuid of this run: nobody else's devices begin so. */
  readonly nonce: string
}

/** A type of a parent. */
export interface RealType {
  readonly name: string
  /** What the file `name` says; '' if there is none. */
  readonly label: string
  readonly available: number
}

/** A parent with its types. */
export interface RealParent {
  readonly name: string
  readonly types: readonly RealType[]
}

/** The tree is not what a storm needs. Its message says what is missing. */
export class NoSuchTree extends Error {
  override readonly name: string = 'NoSuchTree'
  readonly code = 'ERR_NO_SUCH_TREE'
}

const parentDir = (dir: string, parent: string): string => join(dir, 'class/mdev_bus', parent)
const typeDir = (dir: string, parent: string, type: string): string =>
  join(parentDir(dir, parent), 'mdev_supported_types', type)

/** The file that makes a device of the tree's type. */
export function createFile({ dir, type }: RealTree, parent: string): string {
  return join(typeDir(dir, parent, type), 'create')
}

/** The file that removes a device. */
export function removeFile(dir: string, uuid: string): string {
  return join(dir, 'bus/mdev/devices', uuid, 'remove')
}

/** The uuid that stands for one of the plan in this run. */
export function realUuid({ nonce }: Pick<RealTree, 'nonce'>, uuid: string): string {
  return nonce + uuid.slice(nonce.length)
}

/** Devices of the tree now. */
export function devicesOf(dir: string): string[] {
  const folder = join(dir, 'bus/mdev/devices')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Parent and type of a device; undefined if it is not there. */
export function madeFrom(
  dir: string,
  uuid: string,
): { readonly parent: string; readonly type: string } | undefined {
  try {
    const device = realpathSync(join(dir, 'bus/mdev/devices', uuid))
    const type = realpathSync(join(device, 'mdev_type'))
    return { parent: device.split('/').at(-2) ?? '', type: type.split('/').at(-1) ?? '' }
  } catch {
    return undefined
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function typesOf(dir: string, parent: string): RealType[] {
  const folder = join(parentDir(dir, parent), 'mdev_supported_types')
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((name) => {
    const at = join(folder, name)
    return {
      name,
      label: textOf(join(at, 'name')),
      available: Number(textOf(join(at, 'available_instances'))) || 0,
    }
  })
}

/** Numbers in names count as numbers: mtty2 comes before mtty10. */
const byName = new Intl.Collator('en', { numeric: true })

/**
 * The parents of a tree with their types.
 * @throws NoSuchTree if it has none
 */
export function readTree(dir: string): RealParent[] {
  const folder = join(dir, 'class/mdev_bus')
  if (!existsSync(folder)) {
    throw new NoSuchTree(
      `${dir} has no class/mdev_bus: no driver of mediated devices is loaded, or it is no sysfs`,
    )
  }
  const parents = readdirSync(folder).sort((a, b) => byName.compare(a, b))
  if (parents.length === 0) throw new NoSuchTree(`${folder} is empty: no device offers types`)
  return parents.map((name) => ({ name, types: typesOf(dir, name) }))
}
