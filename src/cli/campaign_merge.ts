/**
 * `lockstorm campaign merge`: what came of a campaign.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { confirmed } from '../campaign/confirm.ts'
import { FileFolder } from '../campaign/files.ts'
import { mergedOf, type Confirm } from '../campaign/merge.ts'
import { fetchInto } from '../campaign/queue/fetch.ts'
import { Store } from '../campaign/store.ts'
import { codeVersion } from '../campaign/version.ts'
import { mergedBlocks, mergedCases } from '../report/campaign_text.ts'
import type { Merged, Plan } from '../results/campaign.ts'
import { refusing } from './campaign_command.ts'
import { linked } from './campaign_queue.ts'
import { workerName } from './campaign_run.ts'
import type { MergeFlags } from './commands/campaign.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** The plan of which all folders have results. @throws UsageError */
function planIn(stores: readonly Store[]): Promise<Plan> {
  return refusing(() => {
    const plans = stores.map((store) => store.plan())
    const [plan] = plans as [Plan]
    const other = plans.findIndex(({ id }) => id !== plan.id)
    if (other >= 0)
      throw new UsageError(
        `${stores[other]?.folder}: it has results of another plan than ${stores[0]?.folder}`,
      )
    if (plan.version !== codeVersion()) {
      throw new UsageError(
        `${stores[0]?.folder}: its plan is of version ${plan.version}, and this is ${codeVersion()}: merge it with that one`,
      )
    }
    return plan
  })
}

/** Confirms what was found, in a folder for what is half done. */
function confirming(
  session: Session,
  folders: readonly [string, ...string[]],
  work: string,
  flags: MergeFlags,
): Confirm {
  const { signal } = session.interrupt
  const place = { folder: work, worker: workerName(), signal }
  const [first, ...others] = folders.map((folder) => new FileFolder(join(folder, 'files'))) as [FileFolder]
  return async (finding, unit) => {
    if (flags.unconfirmed) return 'not run again, as asked'
    if (signal.aborted) return 'not run again: interrupted'
    session.progress.show(`campaign merge: ${finding.title}`)
    const files = [first, ...others].find((one: FileFolder) => one.has(unit)) ?? first
    return confirmed(finding, unit, { place, files, allowFiles: flags.allowFiles })
  }
}

function exitCode({ findings, entries, missing, refused }: Merged): number {
  if (findings.length > 0 || entries.some((entry) => entry.findings > 0)) return 1
  return missing.length > 0 || refused.length > 0 ? 3 : 0
}

/** Adds up. Returns the exit code. @throws UsageError */
export async function merge(
  session: Session,
  folders: readonly string[],
  flags: MergeFlags,
): Promise<number> {
  const [first, ...others] = folders
  if (first === undefined) throw new UsageError('campaign merge: name the folders of results')
  const stores = folders.map((folder) => new Store(folder))
  if (flags.queue !== undefined) {
    if (others.length > 0)
      throw new UsageError(`--queue goes with one folder, and there are ${folders.length}`)
    const code = await linked(session, flags, async (link) => {
      await refusing(() => fetchInto(link, stores[0] as Store, new FileFolder(join(first, 'files'))))
      return 0
    })
    if (code !== 0) return code
  }
  const plan = await planIn(stores)
  const work = mkdtempSync(join(tmpdir(), 'lockstorm-merge-'))
  try {
    const merged = await mergedOf(plan, stores, confirming(session, [first, ...others], work, flags))
    session.print(...mergedBlocks(merged))
    session.keep(merged)
    session.cases(mergedCases(merged))
    return exitCode(merged)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
