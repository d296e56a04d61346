/** A folder of a test's own, and campaigns in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { campaignFrom, CAMPAIGN_SCHEMA } from '#lockstorm/campaign/file'
import { planOf } from '#lockstorm/campaign/plan'
import { understanding } from '#lockstorm/cli/campaign_command'
import type { Plan } from '#lockstorm/results/campaign'

/** The command's own file. */
export const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

/** A folder that is gone when the tests of the file are over. */
export function folderOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `lockstorm-${name}-`))
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A campaign as a text. */
export const campaignOf = (...entries: readonly object[]): string =>
  JSON.stringify({ schema: CAMPAIGN_SCHEMA, name: 'test', entries })

/** Writes a campaign file. Returns its path. */
export function written(folder: string, ...entries: readonly object[]): string {
  const file = join(folder, 'campaign.json')
  writeFileSync(file, campaignOf(...entries))
  return file
}

/** The plan of some entries, by a version of no code. */
export function plan(...entries: readonly object[]): Promise<Plan> {
  const hashOf = (): string => '0'.repeat(64)
  return planOf(campaignFrom(campaignOf(...entries)), { version: '1', understand: understanding(), hashOf })
}
