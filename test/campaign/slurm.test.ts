/** The example of Slurm in docs/campaigns.md, on two nodes; one of its jobs is queued again in mid-unit. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Merged } from '#lockstorm/results/campaign'
import { lockstorm } from '../setup/cli.ts'
import { folderOf, main, written } from './folder.ts'
import { hasSlurm, Slurm, until } from './slurm.ts'

const PARTS = 3

test.skipIf(!hasSlurm)(
  'a job that is queued again in mid-unit runs its unit again: one result for each unit, no finding lost',
  async () => {
    const folder = folderOf('slurm')
    const slurm = await Slurm.start(folder)
    try {
      written(
        folder,
        { run: 'litmus SB+plain --rounds 64 --seed {seed}', for: { seed: { from: 1, to: 3 } }, seconds: 1 },
        { run: 'litmus SB+plain --duration 3s', seconds: 9 },
        { run: 'lockdep devlink', seconds: 1 },
      )
      const page = readFileSync(resolve(import.meta.dirname, '../../docs/campaigns.md'), 'utf8')
      const [, block = ''] = /```sh\n(#!\/bin\/sh\n#SBATCH[^`]*)```/.exec(page) ?? []
      const script = block
        .replace('--array=1-8', `--array=1-${PARTS}`)
        .replace('srun lockstorm', `srun ${process.execPath} ${main}`)
      writeFileSync(join(folder, 'campaign.sh'), script)
      const [job = ''] = /\d+/.exec(slurm.ask('sbatch', 'campaign.sh')) ?? []
      // The part with the longest unit is the first one. Its unit has a folder for what is half done while it runs.
      const first = (): string => slurm.ask('squeue', '-h', '-j', `${job}_1`, '-o', '%T').trim()
      const atWork = (): boolean => {
        const output = join(folder, `slurm-${job}_1.out`)
        return existsSync(output) && readFileSync(output, 'utf8').includes('part 1 of 3')
      }
      await until('the first part is at work', atWork)
      expect(first()).toBe('RUNNING')
      slurm.ask('scontrol', 'requeue', `${job}_1`)
      await until('all is done', () => slurm.ask('squeue', '-h') === '')
      const runs = readFileSync(join(folder, `slurm-${job}_1.out`), 'utf8').match(/part 1 of 3/g)
      expect(runs).toHaveLength(2)
      const results = join(folder, 'results')
      expect(readdirSync(join(results, 'units'))).toHaveLength(5)
      const { code, stdout } = await lockstorm('campaign', 'merge', results, '--json', '-')
      expect(code).toBe(1)
      const { done, missing, refused, findings } = JSON.parse(stdout) as Merged
      expect({ done, missing, refused }).toEqual({ done: 5, missing: [], refused: [] })
      expect(findings).toMatchObject([{ title: expect.stringContaining('lockdep'), confirmed: 'confirmed' }])
    } finally {
      await slurm.stop()
    }
  },
  600_000,
)
