/**
 * Models of the directories of sysfs: whatever is being added to a directory that is removed, the removal returns and nothing
 * is left. Once with the one lock of the tree, once with a lock per directory (`--second-order off`).
 */
import { read } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EEXIST, ENOENT } from '../base/errno.ts'
import { kernfs_create_dir, kernfs_create_link } from '../kernel/kernfs/dir.ts'
import { kernfs_active_nodes, kernfs_node, kernfs_put, sysfs_root } from '../kernel/kernfs/node.ts'
import { kernfs_remove, kernfs_remove_by_name } from '../kernel/kernfs/remove.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { bootKernel } from './boot.ts'
import { answer, answerOf, answersOf, nameOf, onEach, scheme } from './core/world.ts'

interface Tree extends Record<string, number> {
  /** A directory below the root, referenced. */
  readonly top: number
  /** Names of nodes to be. */
  readonly one: number
  readonly two: number
  /** Nodes before `top` was made. */
  readonly before: number
  /** One word per CPU: what its call returned. */
  readonly answers: number
}

type Body = (s: Tree) => void

function makeTop(name: Addr<'qstr'>): number {
  const top = kernfs_create_dir(sysfs_root(), name, 0o755, 0)
  check(top > 0, `kernfs_create_dir returned ${top}`)
  return top
}

function setup(secondOrder: boolean, cpus: number): (scene: Scene) => Tree {
  return (scene) => {
    bootKernel(secondOrder)
    const called = nameOf(1)
    onEach(scene, cpus, () => {
      const warm = as<'kernfs_node'>(makeTop(called)) // fills the CPU's magazine
      kernfs_remove(warm)
      kernfs_put(warm)
    })
    const before = kernfs_active_nodes()
    const top = scene.name(makeTop(called), 'top', kernfs_node)
    return {
      top,
      one: nameOf(2),
      two: nameOf(3),
      before,
      answers: answersOf(scene, cpus),
    }
  }
}

/** Makes a link to the root in the directory. */
function linker(cpu: number, name: 'one' | 'two'): Body {
  return function link(s) {
    answer(s, cpu, kernfs_create_link(as(s.top), as(s[name]), sysfs_root()))
  }
}

/** Makes a directory in it, and a link in that. */
function mkdir(s: Tree): void {
  const kn = kernfs_create_dir(as(s.top), as(s.one), 0o755, 0)
  answer(s, 0, Math.min(kn, 0))
  if (kn < 0) return
  kernfs_create_link(as(kn), as(s.two), sysfs_root())
  kernfs_put(as(kn))
}

/** Takes the link away by name. */
const unlink: Body = (s) => kernfs_remove_by_name(as(s.top), as(s.one))

const rmdir: Body = ({ top }) => kernfs_remove(as(top))

/** After the last removal: nothing is left but the directory that set-up holds. */
function finish(s: Tree): void {
  const { top, before } = s
  check([0, -ENOENT, -EEXIST].includes(answerOf(s, 0)), `the addition returned ${answerOf(s, 0)}`)
  const left = kernfs_active_nodes() - before
  check(left === 1, `${left} nodes are left`)
  check(read(top + kernfs_node.offset.count) === 1, 'a reference on the directory is left')
}

/** Name, what runs, its CPUs, and the bounds with one lock and with many. The worst schedule known has four preemptions. */
const RACES: readonly (readonly [string, string, readonly Body[], number | undefined, number])[] = [
  ['link-remove', 'a link is made in a directory ‖ its removal', [linker(0, 'one'), rmdir], undefined, 4],
  ['mkdir-remove', 'a directory with a link is made in it ‖ its removal', [mkdir, rmdir], 3, 3],
  ['remove-remove', 'a link is made in it ‖ two removals', [linker(0, 'one'), rmdir, rmdir], 2, 2],
  ['unlink-remove', 'a link is made ‖ taken away ‖ its removal', [linker(0, 'one'), unlink, rmdir], 2, 2],
  ['same-name', 'two links of a name ‖ its removal', [linker(0, 'one'), linker(1, 'one'), rmdir], 2, 2],
  ['two-names', 'two links ‖ its removal', [linker(0, 'one'), linker(1, 'two'), rmdir], 2, 2],
]

/** Models of directories under both schemes of locking. */
export const kernfsTrees: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, cpus, global, sharded]) => {
    const bound = secondOrder ? global : sharded
    const [locks, words] = scheme(secondOrder)
    return defineModel<Tree>({
      name: `kernfs-${name}:${locks}`,
      summary: `${what}; ${words}`,
      setup: setup(secondOrder, cpus.length),
      cpus,
      finish,
      maxSteps: 2000,
      arenaWords: 1 << 18,
      fold: ['mem', 'sync'],
      ...(bound !== undefined && { bound }),
    })
  }),
)
