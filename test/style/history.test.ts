/**
 * Claims about the history of the kernel carry their source: who writes "since 5.2" says by which commit or mail.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const NUMBER = String.raw`(?:2\.6\.\d+|[3-6]\.(?:\d{1,2}|x))(?![.\d]*\s?(?:%|×|[nµm]?s\b|MB|times))`
/** `since 5.2`, `up to 5.1`, `4.10 to 4.17`, `6.1 and later`. */
const CLAIM = new RegExp(
  String.raw`\b(?:since|until|up to|before|from|till)\s+(?:Linux\s+|v)?${NUMBER}|\b${NUMBER}\s+(?:to\s+${NUMBER}|and (?:later|before))`,
  'i',
)
/** A commit of at least seven digits, or a mail's id. */
const SOURCE = /\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b|\S@\S/

/** Lines with a claim and no source in them or beside them. A row of a table stands alone. */
function unsourced(text: string): string[] {
  // Blocks of results hold figures, which may look like versions.
  const lines = text.replaceAll(/<!-- results[^]*?<!-- end -->/g, '').split('\n')
  return lines.filter((line, i) => {
    if (!CLAIM.test(line)) return false
    const row = line.trimStart().startsWith('|')
    const around = row ? [line] : lines.slice(Math.max(i - 1, 0), i + 2)
    return !SOURCE.test(around.join('\n'))
  })
}

const FILES = ['src', 'workers', 'bench', 'test', 'docs']
  .flatMap((top) => readdirSync(join(root, top), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && /\.(?:ts|md)$/.test(entry.name) && entry.name !== 'history.test.ts')
  .map((entry) => join(entry.parentPath, entry.name))
  .concat(join(root, 'README.md'))

test('every claim about a version of the kernel names the commit or the mail', () => {
  const found = FILES.flatMap((file) =>
    unsourced(readFileSync(file, 'utf8')).map(
      (line) => `${relative(root, file)}: ${line.trim().slice(0, 140)}`,
    ),
  )
  expect(found).toEqual([])
})

test('the control: a claim without a source is found, one with a source is not', () => {
  const wrong = [
    'since 5.14 the file is an attribute',
    'Up to 5.1 a removal made its file again',
    'the kernel from 4.10 to 4.17',
    '| `x` | 6.1 and later |',
    'before Linux 5.2 there was none',
  ]
  expect(wrong.flatMap(unsourced)).toEqual(wrong)
  const right = [
    'since 5.19 (2aa72ec97ce9) the file is an attribute',
    'Up to 5.1 a removal made its file again,\nuntil 5715c4dd66a3',
    'posted before 5.1: 20190430224937.57156-1-parav@mellanox.com',
    'took 3.1 to 4.2 ms',
  ]
  expect(right.flatMap(unsourced)).toEqual([])
})
