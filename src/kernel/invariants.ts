/**
 * What must hold when nothing runs: counts for the checks at the end of a run, and their difference between two moments.
 *
 * Context  makes JS objects; exact only while no CPU runs kernel code.
 */
import { read } from '#access'
import { open_files } from './file.ts'
import {
  kernfs_active_nodes,
  KERNFS_LINK,
  KERNFS_LINKED,
  kernfs_node,
  kernfs_type,
  sysfs_root,
  type Kn,
} from './kernfs/node.ts'
import { kernfs_children, kernfs_count_below, kernfs_link_target, kernfs_path } from './kernfs/walk.ts'
import { live_devices } from './device/device_root.ts'
import { live_kobjects, live_ksets } from './device/kobject_globals.ts'
import { duplicate_count, oops_count, warning_count } from './report.ts'

/** Numbers of live objects and of findings. */
export interface KernelCounts {
  /** kernfs nodes in memory, the root included. */
  readonly kernfsNodes: number
  /** kernfs nodes in the tree, the root included. Fewer than kernfsNodes: some are kept alive by a leaked reference. */
  readonly kernfsLinked: number
  readonly openFiles: number
  /** Dynamic kobjects (directories without another object). */
  readonly kobjects: number
  readonly ksets: number
  readonly devices: number
  readonly warnings: number
  readonly duplicates: number
  readonly oopses: number
}

/** Takes the counts. */
export function kernel_counts(): KernelCounts {
  return {
    kernfsNodes: kernfs_active_nodes(),
    kernfsLinked: 1 + kernfs_count_below(sysfs_root()),
    openFiles: open_files(),
    kobjects: live_kobjects(),
    ksets: live_ksets(),
    devices: live_devices(),
    warnings: warning_count(),
    duplicates: duplicate_count(),
    oopses: oops_count(),
  }
}

/** Links below a directory whose target has left the tree, as paths. */
export function dangling_links(top: Kn = sysfs_root()): string[] {
  return kernfs_children(top).flatMap((kn) => {
    if (kernfs_type(kn) !== KERNFS_LINK) return dangling_links(kn)
    const flags = read(kernfs_link_target(kn) + kernfs_node.offset.flags)
    return (flags & KERNFS_LINKED) === 0 ? [kernfs_path(kn)] : []
  })
}

/** Nodes of the tree whose active count is not 0, as paths: operations that never ended. */
export function busy_nodes(top: Kn = sysfs_root()): string[] {
  const mine = read(top + kernfs_node.offset.active) === 0 ? [] : [kernfs_path(top)]
  return [...mine, ...kernfs_children(top).flatMap((kn) => busy_nodes(kn))]
}
