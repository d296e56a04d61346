import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The code of each page of the guide is one module, and what it prints is what the page says.
// LOCKSTORM_WRITE_PAGES=1 npx vitest run test/explore/guide.test.ts writes that anew.

const root = resolve(import.meta.dirname, '../..')
const GUIDE = join(root, 'docs/guide')
const pages = readdirSync(GUIDE).filter((name) => /^\d/.test(name))
const PRINTED = /(?<=```text\n)[^]*?(?=```)/

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstorm-guide-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/lockstorm'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('there are six pages', () => {
  expect(pages).toHaveLength(6)
})

test.for(pages)('%s prints what it says', { timeout: 120_000 }, async (name) => {
  const page = readFileSync(join(GUIDE, name), 'utf8')
  const code = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, part = '']) => part).join('')
  writeFileSync(join(folder, `${name[0]}.mjs`), code)
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, `${name[0]}.mjs`)], {
    cwd: folder,
  })
  if (process.env['LOCKSTORM_WRITE_PAGES'] !== undefined)
    writeFileSync(
      join(GUIDE, name),
      page.replace(PRINTED, () => stdout),
    )
  expect(readFileSync(join(GUIDE, name), 'utf8')).toContain(`\`\`\`text\n${stdout}\`\`\``)
})
