import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'src/explore/helper/README.md'), 'utf8')
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

test('the examples of the README run, and the lock of the first is needed', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstorm-readme-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/lockstorm'))
    const run = (code: string): { status: number | null; stderr: string } => {
      writeFileSync(join(folder, 'example.mjs'), code)
      return spawnSync(process.execPath, [join(folder, 'example.mjs')], { encoding: 'utf8' })
    }
    expect(examples.length).toBeGreaterThan(1)
    for (const code of examples) expect(run(code)).toMatchObject({ status: 0, stderr: '' })
    const broken = run((examples[0] ?? '').replace('  lock(m)\n', ''))
    expect(broken.status).toBe(1)
    expect(broken.stderr).toContain('data race')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
