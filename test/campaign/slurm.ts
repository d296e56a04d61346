/** A Slurm of a test's own: two nodes of one core on this computer, with a key and a socket of their own for munge. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from './port.ts'

const PROGRAMS = ['slurmctld', 'slurmd']
const isThere = (name: string): boolean => spawnSync(name, ['-V'], { stdio: 'ignore' }).status === 0
const isRoot = process.getuid?.() === 0
const hasMunge = spawnSync('munged', ['--version'], { stdio: 'ignore' }).status === 0

/** Whether there is one on this computer, and the right to start it. */
export const hasSlurm: boolean = isRoot && hasMunge && PROGRAMS.every(isThere)
if (!hasSlurm)
  process.stderr.write('Slurm and munge are not installed, or we are not root: its example is not tested\n')

/** Waits for something to come true. @throws Error if it does not for four minutes */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 2400) throw new Error(`not so after four minutes: ${what}`)
    await setTimeout(100)
  }
}

const NODES = ['n1', 'n2']

function configOf(folder: string, [controller, ...nodes]: readonly number[]): string {
  const host = hostname()
  return [
    'ClusterName=test',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    'SlurmUser=root',
    'SlurmdUser=root',
    'AuthType=auth/munge',
    // A job that is queued again waits for as long as its credential would have been good.
    `AuthInfo=socket=${folder}/munge.sock,cred_expire=5`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/%n`,
    `SlurmctldPidFile=${folder}/controller.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'AccountingStorageType=accounting_storage/none',
    'MpiDefault=none',
    'SelectType=select/cons_tres',
    'ReturnToService=2',
    ...NODES.map(
      (name, i) => `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodes[i]} CPUs=1`,
    ),
    `PartitionName=all Nodes=${NODES.join()} Default=YES State=UP MaxTime=INFINITE`,
    '',
  ].join('\n')
}

/** See the head of this file. */
export class Slurm {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #daemons: ChildProcess[] = []

  private constructor(folder: string) {
    this.#folder = folder
    this.#env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') }
  }

  /** Resolves when both nodes wait for work. `folder` is empty. */
  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder)
    const ports = [await freePort(), await freePort(), await freePort()]
    for (const name of ['state', ...NODES]) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'slurm.conf'), configOf(folder, ports))
    writeFileSync(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o400 })
    const files = [
      'key-file=munge.key',
      'socket=munge.sock',
      'pid-file=munge.pid',
      'log-file=munge.log',
      'seed-file=munge.seed',
    ]
    slurm.#daemon(
      'munged',
      '--foreground',
      '--force',
      ...files.map((file) => `--${file.replace('=', `=${folder}/`)}`),
    )
    await until('munge has a socket', () => existsSync(join(folder, 'munge.sock')))
    slurm.#daemon('slurmctld', '-D')
    for (const name of NODES) slurm.#daemon('slurmd', '-D', '-N', name)
    const idle = (): boolean => slurm.ask('sinfo', '-h', '-o', '%T %D').trim() === 'idle 2'
    await until('both nodes wait', idle).catch(async (error: Error) => {
      await slurm.stop()
      throw error
    })
    return slurm
  }

  #daemon(name: string, ...words: string[]): void {
    this.#daemons.push(spawn(name, words, { env: this.#env, stdio: 'ignore' }))
  }

  /** What one of Slurm's commands prints; it runs in the folder. */
  ask(name: string, ...words: string[]): string {
    return spawnSync(name, words, { env: this.#env, cwd: this.#folder, encoding: 'utf8' }).stdout
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue
      const gone = once(daemon, 'exit')
      daemon.kill('SIGTERM')
      await gone
    }
  }
}
