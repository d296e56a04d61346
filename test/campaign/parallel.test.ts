/** The example of GNU parallel in docs/campaigns.md, on two parts. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf, main, written } from './folder.ts'

const hasParallel = String(spawnSync('parallel', ['--version']).stdout).startsWith('GNU parallel')
if (!hasParallel) process.stderr.write('GNU parallel is not installed: its example is not tested\n')

test.skipIf(!hasParallel)(
  'each part is run once, and a finding is not tried again',
  () => {
    const folder = folderOf('parallel')
    copyFileSync(
      written(folderOf('file'), { run: 'lockdep devlink' }, { run: 'litmus SB+plain --rounds 64' }),
      join(folder, 'campaign.json'),
    )
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/campaigns.md'), 'utf8')
    const [, block = ''] = /```sh\n(parallel [^`]*)lockstorm campaign merge/.exec(page) ?? []
    const script = block
      .replace('lockstorm', `${process.execPath} ${main}`)
      .replace('{}/8', '{}/2')
      .replace('1 2 3 4 5 6 7 8', '1 2')
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
    expect({ status, stderr: stderr.replaceAll(/^lockstorm: .*running for.*\n/gm, '') }).toMatchObject({
      status: 0,
    })
    expect(readdirSync(join(folder, 'results/units'))).toHaveLength(2)
    expect(readFileSync(join(folder, 'campaign.log'), 'utf8').trim().split('\n')).toHaveLength(3)
  },
  240_000,
)
