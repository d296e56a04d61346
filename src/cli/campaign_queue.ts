/**
 * `lockstorm campaign submit`, `work` and `status`: a campaign in a queue.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileFolder } from '../campaign/files.ts'
import { Link, QueueError } from '../campaign/queue/link.ts'
import { statusOf } from '../campaign/queue/status.ts'
import { pause } from '../campaign/pause.ts'
import { submit as submitTo } from '../campaign/queue/submit.ts'
import { work as workOn } from '../campaign/queue/work.ts'
import { Store } from '../campaign/store.ts'
import { codeVersion } from '../campaign/version.ts'
import { lineOf } from '../campaign/words.ts'
import { counted } from '../base/plural.ts'
import { statusBlocks, statusLine } from '../report/campaign_text.ts'
import { bad } from '../report/style.ts'
import type { CampaignStatus, UnitResult } from '../results/campaign.ts'
import { environment } from '../results/environment.ts'
import { planned, refusing, understanding } from './campaign_command.ts'
import type { StatusFlags, SubmitFlags, WorkFlags } from './commands/campaign.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

const WATCH_MS = 2_000

/** Does something with the queue. Returns its exit code; 3 if the queue cannot be used, which is told. @throws UsageError */
export async function linked(
  session: Session,
  { queue }: { readonly queue: string | undefined },
  work: (link: Link) => Promise<number>,
): Promise<number> {
  const url = queue ?? process.env['LOCKSTORM_QUEUE']
  if (url === undefined)
    throw new UsageError('name a queue: --queue redis://host:6379, or LOCKSTORM_QUEUE in the environment')
  try {
    await using link = await Link.open(url, codeVersion())
    return await work(link)
  } catch (error) {
    if (!(error instanceof QueueError)) throw error
    session.complain(error.message)
    return 3
  }
}

/** Puts a campaign into a queue. Returns the exit code. @throws UsageError */
export async function submit(
  session: Session,
  [path]: readonly string[],
  flags: SubmitFlags,
): Promise<number> {
  const { plan, files } = await planned('submit', path)
  return linked(session, flags, async (link) => {
    const done = await submitTo(link, plan, files.contents, flags.replace)
    const again = done.again === 0 ? '' : `, ${done.again} that had failed are tried again`
    session.print(
      `campaign ${plan.name}: ${counted(done.units, 'unit')} in the queue, of which ${done.done} have results${again}`,
    )
    session.keep({ schema: 'lockstorm/campaign-submit@1', env: environment(), plan: plan.id, ...done })
    return 0
  })
}

/** A folder of this worker's own, for what is half done and for files of users. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstorm-work-'))
  mkdirSync(join(folder, 'units'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs units. Returns the exit code. @throws UsageError */
export function work(session: Session, _: readonly string[], flags: WorkFlags): Promise<number> {
  return linked(session, flags, (link) => inFolder((folder) => workIn(session, link, folder, flags)))
}

async function workIn(session: Session, link: Link, folder: string, flags: WorkFlags): Promise<number> {
  const { name, jobs = availableParallelism(), takeover, results, allowFiles, stay } = flags
  const plan = await link.mustHavePlan()
  const store = results === undefined ? undefined : new Store(results)
  await refusing(() => store?.open(plan))
  let [done, found] = [0, 0]
  const listener = {
    done: ({ unit, ok, findings, tookS }: UnitResult): void => {
      done++
      if (!ok) found++
      const line = `lockstorm ${lineOf(unit.words)}`
      session.print(
        `${line}: ${ok ? 'as expected' : bad('finding')}, ${tookS.toFixed(1)} s`,
        ...findings.map(({ title }) => `  ${title}`),
      )
      session.progress.show(`campaign work: ${counted(done, 'unit')} done here`)
    },
    tell: (text: string): void => session.complain(text),
  }
  const { signal } = session.interrupt
  const worker = name ?? `${hostname()}:${process.pid}`
  const files = new FileFolder(join(folder, 'files'))
  const place = { folder: join(folder, 'units'), worker, signal }
  const how = { jobs, takeoverMs: takeover, files, allowFiles, store, stay, understand: understanding() }
  await workOn({ link, place, listener, ...how })
  session.print(`${counted(done, 'unit')} done by ${worker}, ${found} not as expected`)
  session.keep({ schema: 'lockstorm/campaign-work@1', env: environment(), worker, done, findings: found })
  session.interrupt.cameTo(`${counted(done, 'unit')} done here`)
  return found > 0 ? 1 : 0
}

const isOver = ({ done, units, waiting, active, delayed }: CampaignStatus): boolean =>
  done >= units || waiting + active + delayed === 0

/** Shows how far it is. Returns the exit code. @throws UsageError */
export function status(
  session: Session,
  _: readonly string[],
  { watch, ...flags }: StatusFlags,
): Promise<number> {
  return linked(session, flags, async (link) => {
    let now = await statusOf(link)
    let line = ''
    for (;;) {
      if (!watch || isOver(now) || session.asked) break
      const next = statusLine(now)
      // A terminal has one line that changes; elsewhere each change has a line of its own.
      if (process.stderr.isTTY) session.progress.show(next)
      else if (next !== line) session.print(next)
      line = next
      await pause(WATCH_MS, session.interrupt.signal)
      now = await statusOf(link)
    }
    session.print(...statusBlocks(now))
    session.keep({ schema: 'lockstorm/campaign-status@1', env: environment(), ...now })
    return now.findings.length > 0 ? 1 : 0
  })
}
