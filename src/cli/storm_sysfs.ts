/**
 * `lockstorm storm --sysfs DIR`: the storm of mdevs on a tree that somebody else serves: a kernel, or a mount of the emulation.
 *
 * Rules   nothing is written without `--real`; only devices that the run itself has made are removed, and each of them stands in a
 *         journal before it is made.
 */
import { randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { counted } from '../base/plural.ts'
import { intentions, realAnswer, treeTable } from '../report/real_tree.ts'
import { stormTables } from '../report/storm_table.ts'
import { FLOOR, type StormPlan, type StormRun } from '../results/storm.ts'
import { cleanJournal, Journal, journalFolder, journals } from '../storm/workloads/mdev/real/journal.ts'
import {
  NoSuchTree,
  readTree,
  realUuid,
  type RealParent,
  type RealTree,
} from '../storm/workloads/mdev/real/tree.ts'
import { CREATE, type RoundOperations } from '../storm/workloads/mdev/operations.ts'
import { runStorm } from '../storm/index.ts'
import type { StormFlags } from './commands/storm.ts'
import { didYouMean, UsageError } from './usage.ts'
import type { Session } from './session.ts'
import type { StormKind } from './storm_kind.ts'
import { progressText } from './storm_mdev.ts'
import { mdevPlan } from './storm_plan.ts'

/** The one row beside the floor. */
const LANE = 'sysfs'
/** Rounds to warm up with: the code of this side is small. */
const WARM_UP = 2
const NONCE_BYTES = 4

function rootOf(word: string): string {
  try {
    return realpathSync(word)
  } catch {
    throw new UsageError(`--sysfs ${word}: wanted a directory, and there is none`)
  }
}

function parentsOf(dir: string): readonly RealParent[] {
  try {
    return readTree(dir)
  } catch (error) {
    if (error instanceof NoSuchTree) throw new UsageError(`--sysfs ${dir}: ${error.message}`)
    throw error
  }
}

const room = (parents: readonly RealParent[], type: string): number =>
  parents.reduce((sum, { types }) => sum + (types.find(({ name }) => name === type)?.available ?? 0), 0)

function typeOf(parents: readonly RealParent[], asked: string | undefined): string {
  const names = [...new Set(parents.flatMap(({ types }) => types.map(({ name }) => name)))]
  if (asked !== undefined) {
    if (names.includes(asked)) return asked
    throw new UsageError(`--type ${asked}: wanted one of ${names.join(', ')}${didYouMean(asked, names)}`)
  }
  const [most] = names.toSorted((a, b) => room(parents, b) - room(parents, a))
  if (most === undefined) throw new UsageError('--sysfs: the parents there offer no types')
  return most
}

/** The parents that were asked for, or those that offer the type. */
function chosen(
  all: readonly RealParent[],
  type: string,
  { on, parents }: StormFlags,
): readonly RealParent[] {
  const names = all.map(({ name }) => name)
  const unknown = on?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`--on ${unknown}: wanted some of ${names.join(', ')}${didYouMean(unknown, names)}`)
  }
  const able = all.filter(
    ({ name, types }) => on?.includes(name) ?? types.some((one) => one.name === type && one.available > 0),
  )
  if (parents !== undefined && parents > able.length) {
    throw new UsageError(`--parents ${parents}: wanted ${able.length} or fewer: so many offer ${type}`)
  }
  return able.slice(0, parents)
}

function devicesOf(parents: readonly RealParent[], type: string, devices: number | undefined): number {
  const fit = parents.map(({ name, types }) => ({
    name,
    room: types.find((one) => one.name === type)?.available ?? 0,
  }))
  const least = fit.toSorted((a, b) => a.room - b.room)[0]
  if (least === undefined || least.room === 0) {
    throw new UsageError(`--sysfs: ${least?.name ?? 'no parent'} has no room for a device of type ${type}`)
  }
  if (devices !== undefined && devices > least.room) {
    throw new UsageError(
      `--devices ${devices}: wanted ${least.room} or fewer: ${least.name} has room for no more of ${type}`,
    )
  }
  return devices ?? Math.min(least.room, 16)
}

function planOf(flags: StormFlags, tree: RealTree, devices: number): StormPlan {
  const { vendor = ['none'], warmup = WARM_UP } = flags
  const plan = mdevPlan({ ...flags, vendor, warmup, strategies: [LANE], devices: 1 })
  return { ...plan, driver: 'real', parents: tree.parents.length, devices, baseline: LANE }
}

/** Removes what runs left in this tree that have ended. Returns the sentences; throws if something could not be removed. */
function clean(dir: string): readonly string[] {
  const mine = journals().filter((one) => one.dir === dir)
  if (mine.length === 0) return [`no run has left a journal for ${dir} in ${journalFolder()}`]
  return mine.map((journal) => {
    if (journal.alive) {
      return `${journal.path}: its run, process ${journal.pid}, has not ended; nothing of it was touched`
    }
    const before = journal.entries.length
    const left = cleanJournal(journal)
    if (left.length === 0) return `${journal.path}: of ${counted(before, 'device')} nothing is left`
    throw new Error(`${journal.path}: ${left.map(({ uuid, why }) => `${uuid} stays (${why})`).join(', ')}`)
  })
}

/** The storm, in a journal. */
async function run(session: Session, plan: StormPlan, tree: RealTree): Promise<StormRun> {
  const journal = new Journal(tree)
  const before = (operations: RoundOperations): void => {
    const made = operations.flat(2).filter(({ kind }) => kind === CREATE)
    journal.note(made.map(({ uuid, parent }) => [realUuid(tree, uuid), parent] as const))
  }
  try {
    const storm = await runStorm(plan, {
      kernel: 'real',
      tree,
      before,
      progress: (state) => session.progress.show(progressText(state)),
      stop: session.stop,
    })
    const { dir, type, parents } = tree
    return { ...storm, tree: { dir, type, parents } }
  } finally {
    for (const { uuid, why } of journal.end())
      session.complain(`${uuid} is left and stays in ${journal.path}: ${why}`)
  }
}

/** The workload as the flags want it; undefined: it is done already, or was only to be told. @throws UsageError */
export function sysfsStorm(session: Session, flags: StormFlags): StormKind<StormRun> | undefined {
  const dir = rootOf(flags.sysfs ?? '')
  if (flags.clean) {
    session.print(...clean(dir))
    return undefined
  }
  const all = parentsOf(dir)
  const type = typeOf(all, flags.type)
  const parents = chosen(all, type, flags)
  const devices = devicesOf(parents, type, flags.devices)
  const nonce = randomBytes(NONCE_BYTES).toString('hex')
  const tree: RealTree = { dir, type, parents: parents.map(({ name }) => name), nonce }
  const plan = planOf(flags, tree, devices)
  if (flags.dryRun) {
    const journal = join(journalFolder(), `sysfs-${nonce}.journal`)
    session.print(treeTable(all), '', intentions(plan, tree, journal))
    return undefined
  }
  if (!flags.real) {
    throw new UsageError(
      `--sysfs ${dir}: wanted --dry-run, which tells what would be done there, or --real, which does it, or --clean`,
    )
  }
  return {
    size: '--cpus, --parents, --devices',
    run: () => run(session, plan, tree),
    text: (done) => {
      if (done.results.length === 0) return []
      const row = done.results.findLast(({ strategy }) => strategy === LANE)
      return [...stormTables(done), '', realAnswer(dir, row)]
    },
    done: ({ results }) => {
      const rounds = results.filter(({ strategy }) => strategy !== FLOOR).flatMap((row) => row.rounds)
      return `${rounds.length} of ${plan.rounds * plan.cpus.length * plan.vendors.length} rounds were measured`
    },
  }
}
