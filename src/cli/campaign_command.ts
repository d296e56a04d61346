/**
 * `lockstorm campaign plan`, and what the other commands of campaigns share: the plan of a file, and the parser that units are asked by.
 */
import { basename } from 'node:path'
import { codeVersion } from '../campaign/version.ts'
import { CampaignFiles } from '../campaign/files.ts'
import { readCampaign } from '../campaign/file.ts'
import { planOf } from '../campaign/plan.ts'
import type { Understand } from '../campaign/unit.ts'
import { ShapeError } from '../define/shape.ts'
import { planBlocks } from '../report/campaign_text.ts'
import type { Plan } from '../results/campaign.ts'
import { parserOf } from './command_line.ts'
import { writtenBy } from './places.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

const COMMANDS = ['plan', 'run', 'merge', 'submit', 'work', 'status']

/** The parser that units are asked by. It reads many lines faster than one after the other from anew. */
export function understanding(): Understand {
  const parse = parserOf()
  return async (words) => {
    const { spec, operands, values } = await parse(words)
    return { command: spec.name, operands, values, writes: writtenBy(spec, values).map(([name]) => name) }
  }
}

/** What is wrong with what somebody wrote is bad usage. */
export async function refusing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ShapeError) throw new UsageError(error.message)
    throw error
  }
}

/** A plan, with the files of the user's that its units name. */
export interface Planned {
  readonly plan: Plan
  readonly files: CampaignFiles
}

/** The plan of a campaign file. @throws UsageError */
export async function planned(command: string, path: string | undefined): Promise<Planned> {
  if (path === undefined)
    throw new UsageError(`campaign ${command}: name a campaign file; see docs/campaigns.md`)
  return refusing(async () => {
    const campaign = readCampaign(path)
    const files = new CampaignFiles(path)
    const planner = { version: codeVersion(), understand: understanding(), hashOf: files.hash }
    const plan = await planOf(campaign, planner).catch((error: Error) => {
      throw new ShapeError(`${basename(path)}: ${error.message}`)
    })
    return { plan, files }
  })
}

/** `lockstorm campaign` alone. @throws UsageError */
export function campaign(_: Session, [word]: readonly string[]): Promise<number> {
  const what = word === undefined ? 'say what to do' : `unknown command '${word}'`
  throw new UsageError(`campaign: ${what}: one of ${COMMANDS.join(', ')}; see lockstorm campaign --help`)
}

/** Prints the units. Returns the exit code. @throws UsageError */
export async function plan(session: Session, [path]: readonly string[]): Promise<number> {
  const { plan: found } = await planned('plan', path)
  session.print(...planBlocks(found))
  session.keep(found)
  return 0
}
