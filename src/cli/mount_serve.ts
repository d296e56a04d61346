/**
 * What `lockstorm mount` does where it serves: mount, wait for the command or for the end, print what was found.
 */
import { spawn } from 'node:child_process'
import { constants as os } from 'node:os'
import { counted } from '../base/plural.ts'
import { filesOf } from '../define/brought.ts'
import { removeStale } from '../mount/mount_point.ts'
import { environmentInside, onOutsideGone, tied } from '../mount/namespace.ts'
import { CannotMount, Mount, type MountEnd, type MountPlan } from '../mount/run.ts'
import { environment, type Environment } from '../results/environment.ts'
import { MOUNT_SCHEMA, type MountRun } from '../results/mount.ts'
import type { VendorCost, Verdict } from '../results/storm.ts'
import { costWords, parseCost } from '../storm/workloads/mdev/vendor.ts'
import type { MountFlags } from './commands/mount.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'
import { withStrategies } from './user_file.ts'

const EXIT: Readonly<Record<Verdict, number>> = { ok: 0, finding: 1, broken: 3 }
const SIGNALLED = 128
/** How long a command has for ending when it is asked to, milliseconds. */
const PATIENCE_MS = 2_000

function planOf(dir: string, flags: MountFlags, alone: boolean): MountPlan {
  const { strategy, driver, parents, seed, vendor, cpus } = flags
  return {
    dir,
    cpus,
    boot: { strategy, driver, parents, seed, cost: costWords(parseCost(vendor) as VendorCost) },
    files: filesOf('strategy', [strategy]),
    readOnly: flags.readOnly,
    others: flags.allowOther || alone,
    private: alone,
  }
}

/** The command, to its end. Signals that are meant for it reach it. */
function runCommand(session: Session, [name = '', ...args]: readonly string[], dir: string): Promise<number> {
  // Ctrl-C on a terminal is for the command: it has got it already.
  if (process.stdin.isTTY) {
    session.interrupt.end()
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {})
  }
  const child = spawn(name, args, { stdio: 'inherit', env: environmentInside(dir) })
  let killer: NodeJS.Timeout | undefined
  const endIt = (): void => {
    child.kill('SIGTERM')
    killer ??= setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  }
  session.interrupt.signal.addEventListener('abort', endIt)
  if (session.asked) endIt()
  process.on('SIGHUP', endIt)
  const hear = onOutsideGone(endIt)
  return new Promise((resolve) => {
    const ended = (code: number): void => {
      clearTimeout(killer)
      process.off('SIGHUP', endIt)
      hear()
      resolve(code)
    }
    child.on('error', (error) => {
      session.complain(`${name} cannot be run: ${error.message}`)
      ended(2)
    })
    child.on('exit', (code, signal) => ended(code ?? SIGNALLED + (os.signals[signal as NodeJS.Signals] ?? 0)))
  })
}

/** A terminal that goes away ends a mount for everybody as SIGTERM does. */
const hangUp = (): void => {
  process.kill(process.pid, 'SIGTERM')
}

function verdictOf({ closing, oopses, faults, stuck }: MountEnd): Verdict {
  if (faults.length > 0 || (stuck > 0 && oopses.length === 0)) return 'broken'
  return oopses.length > 0 || (closing?.broken.length ?? 0) > 0 ? 'finding' : 'ok'
}

function sentences({ closing, requests, threads, busy, stuck }: MountEnd): string[] {
  const at = closing === undefined ? [] : closing.broken
  return [
    `unmounted after ${counted(requests, 'request')}, which ${counted(threads, 'thread')} answered`,
    ...(busy ? ['somebody was still using it, and gets errors now'] : []),
    ...(closing === undefined ? ['nobody could look at what is left: CPU 0 was not there any more'] : []),
    ...(stuck > 0 ? [`${counted(stuck, 'thread')} could not be ended`] : []),
    ...at,
  ]
}

/**
 * Mounts, waits, ends. Returns the exit code.
 * @param rest the command; none: it is for everybody, until somebody ends it
 * @throws UsageError
 */
export async function serveMount(
  session: Session,
  dir: string,
  given: MountFlags,
  rest: readonly string[],
): Promise<number> {
  const plan = planOf(dir, await withStrategies(given), rest.length > 0)
  for (const place of await removeStale())
    session.complain(`${place}: a mount that its server had left was removed`)
  // From before it is there: who sees it may hang up at once.
  if (rest.length === 0) process.on('SIGHUP', hangUp)
  try {
    return await serve(session, plan, rest, given.json === undefined ? undefined : environment())
  } catch (error) {
    if (error instanceof CannotMount) throw new UsageError(`mount: ${error.message}`)
    throw error
  } finally {
    process.off('SIGHUP', hangUp)
  }
}

/** `env` is taken before the mount, which may hide what it is read from; it is undefined where nobody wants the result. */
async function serve(
  session: Session,
  plan: MountPlan,
  rest: readonly string[],
  env: Environment | undefined,
): Promise<number> {
  // It runs for as long as somebody likes: that it does is no news.
  session.progress.end()
  const mount = await Mount.begin(plan, (text) => session.complain(text))
  let own = 0
  if (rest.length > 0) own = await runCommand(session, [...(await tied()), ...rest], plan.dir)
  else {
    session.complain(
      `${plan.boot.driver} under ${plan.boot.strategy} is mounted on ${plan.dir}; Ctrl-C ends it`,
    )
    await session.interrupt.unless(mount.gone)
  }
  const end = await mount.end()
  const verdict = verdictOf(end)
  if (rest.length === 0 || verdict !== 'ok') for (const text of sentences(end)) session.complain(text)
  if (env !== undefined) session.keep({ schema: MOUNT_SCHEMA, env, plan, ...end, verdict } satisfies MountRun)
  if (end.stuck > 0) process.kill(process.pid, 'SIGKILL')
  return EXIT[verdict] === 0 ? own : EXIT[verdict]
}
