/**
 * What `lockstorm top` does.
 */
import { environment } from '../results/environment.ts'
import { offeredRuns, RunLine } from '../top/find.ts'
import { frame } from '../top/frame.ts'
import type { SeenRun } from '../top/serve.ts'
import { MachineHistory } from '../top/state.ts'
import { Watch } from '../top/watch.ts'
import type { TopFlags } from './commands/top.ts'
import type { Session } from './session.ts'

/** All runs, or that of one process, as they are now. */
async function seeRuns(pid: number | undefined): Promise<SeenRun[]> {
  const lines = [...offeredRuns()].map(([of, path]) => new RunLine(of, path))
  const asked = lines.filter((line) => pid === undefined || line.pid === pid)
  const runs = await Promise.all(asked.map((line) => line.ask()))
  for (const line of lines) line.end()
  return runs.filter((run) => run !== undefined)
}

async function once(session: Session, pid: number | undefined): Promise<number> {
  const runs = await seeRuns(pid)
  const choice = { sort: 'cpu', waiting: false, filter: '' } as const
  for (const [i, run] of runs.entries()) {
    session.print(...(i > 0 ? [''] : []), ...frame(run, new MachineHistory(), choice, 0))
  }
  if (runs.length === 0) session.print('No run of yours is to be seen.')
  session.keep({ schema: 'lockstorm/top@1', env: environment(), runs })
  return runs.length > 0 ? 0 : 1
}

/** Shows runs. Returns the exit code. */
export async function top(session: Session, _: readonly string[], flags: TopFlags): Promise<number> {
  const { stdin, stdout } = process
  if (flags.once || flags.json !== undefined || !stdin.isTTY || !stdout.isTTY) return once(session, flags.pid)
  await new Watch(flags.every, flags.pid).run(session.interrupt.signal)
  return 0
}
