/**
 * `lockstorm campaign run`: the units of a campaign, or of one part of it, on this machine.
 */
import { availableParallelism, hostname } from 'node:os'
import { join } from 'node:path'
import { FileFolder } from '../campaign/files.ts'
import { runShift } from '../campaign/run.ts'
import { shardFrom, unitsOfShard, type Shard } from '../campaign/shard.ts'
import { Store } from '../campaign/store.ts'
import { lineOf } from '../campaign/words.ts'
import { counted } from '../base/plural.ts'
import { bad } from '../report/style.ts'
import { unitCases } from '../report/campaign_text.ts'
import type { Broke, Unit, UnitResult } from '../results/campaign.ts'
import { environment } from '../results/environment.ts'
import { planned, refusing, type Planned } from './campaign_command.ts'
import type { RunFlags } from './commands/campaign.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** Name of who runs here, as results tell it. */
export const workerName = (): string => `${hostname()}:${process.pid}`

const filesOf = ({ plan }: Planned): [path: string, hash: string][] =>
  plan.units.flatMap((unit) => Object.entries(unit.files))

/** @throws UsageError if the campaign has files of a user and they may not run */
function mayRun(campaign: Planned, { allowFiles }: RunFlags): void {
  const [first] = filesOf(campaign)
  if (first !== undefined && !allowFiles)
    throw new UsageError(`${first[0]}: the campaign runs files of a user: give --allow-files`)
}

/** Puts files of the user's where units find them. */
function bring(campaign: Planned, folder: FileFolder): void {
  for (const [path, hash] of filesOf(campaign))
    folder.add(path, hash, campaign.files.contents.get(hash) ?? '')
}

/** What a listener of a run counts. */
class Tally {
  readonly results: UnitResult[] = []
  readonly broken: Broke[] = []
  readonly #session: Session
  readonly #of: number

  constructor(session: Session, of: number) {
    this.#session = session
    this.#of = of
  }

  readonly done = (result: UnitResult): void => {
    this.results.push(result)
    const { unit, findings } = result
    for (const { title } of findings)
      this.#session.print(`${bad('finding')}: ${title}  (lockstorm ${lineOf(unit.words)})`)
    this.#show()
  }

  readonly broke = (broke: Broke): void => {
    this.broken.push(broke)
    this.#session.complain(
      `lockstorm ${lineOf(broke.unit.words)}: ${broke.why}; tried ${counted(broke.attempts, 'time')}`,
    )
    this.#show()
  }

  #show(): void {
    const done = this.results.length + this.broken.length
    this.#session.progress.show(`campaign: ${done} of ${counted(this.#of, 'unit')}`)
  }
}

interface Part {
  readonly store: Store
  readonly mine: readonly Unit[]
  readonly shard: Shard | undefined
}

/** The part of the campaign that is run here, and its folder. @throws UsageError */
function partOf({ plan }: Planned, { shard: asked, results }: RunFlags): Promise<Part> {
  return refusing(() => {
    const shard = asked ?? shardFrom(process.env)
    const mine = shard === undefined ? plan.units : unitsOfShard(plan.units, shard)
    const store = new Store(results ?? `${plan.name}-results`)
    store.open(plan)
    return { store, mine, shard }
  })
}

/** Runs it. Returns the exit code. @throws UsageError */
export async function run(session: Session, [path]: readonly string[], flags: RunFlags): Promise<number> {
  const campaign = await planned('run', path)
  const { plan } = campaign
  mayRun(campaign, flags)
  const { store, mine, shard } = await partOf(campaign, flags)
  const files = new FileFolder(join(store.folder, 'files'))
  bring(campaign, files)
  const before = mine.filter(({ id }) => store.has(id))
  const of = shard === undefined ? '' : `, part ${shard.index} of ${shard.of}`
  session.print(
    `campaign ${plan.name}${of}: ${counted(mine.length, 'unit')}, of which ${before.length} have results in ${store.folder}`,
  )
  const tally = new Tally(session, mine.length - before.length)
  const { signal } = session.interrupt
  const place = { folder: store.work, worker: workerName(), signal, wordsHere: files.words }
  const jobs = flags.jobs ?? availableParallelism()
  await runShift({ units: mine, store, place, jobs, listener: tally })
  return told(session, store, mine, tally)
}

/** What there is in the end, with what was there before. */
function told(session: Session, store: Store, mine: readonly Unit[], { broken }: Tally): number {
  const results = mine.filter(({ id }) => store.has(id)).map(({ id }) => store.get(id))
  const found = results.filter(({ ok }) => !ok)
  const missing = mine.length - results.length
  session.print(
    `${counted(results.length, 'unit')} of ${mine.length} with a result, ${found.length} not as expected${missing === 0 ? '' : `, ${missing} without`}`,
    `lockstorm campaign merge ${store.folder} adds up`,
  )
  const env = environment()
  session.keep({ schema: 'lockstorm/campaign-run@1', env, units: mine.length, results, broken })
  session.cases(unitCases(mine, results))
  session.interrupt.cameTo(`${results.length} of ${counted(mine.length, 'unit')}`)
  if (found.length > 0) return 1
  return broken.length > 0 ? 3 : 0
}
