/** The tree in ARCHITECTURE.md: a line for every folder, two levels deep. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
/** Where descriptions begin. */
const COLUMN = 20
/** Who adds a driver need not touch the page. */
const OPEN = 'src/drivers/'

/** Folders, two levels deep, that the tree of ARCHITECTURE.md shows: names fill a column, or have a line of their own. */
function inTree(text: string): string[] {
  const [, tree = ''] = /^## The tree$[^]*?^```\n([^]*?)^```$/m.exec(text) ?? []
  let top = ''
  return tree.split('\n').flatMap((line) => {
    const names = (line.length > COLUMN && line[COLUMN - 1] !== ' ' ? line : line.slice(0, COLUMN)).trim()
    if (names === '') return []
    if (!line.startsWith(' ')) return [(top = names)]
    return names.split(' ').map((name) => `${top}/${name}`)
  })
}

test('the tree of ARCHITECTURE.md has every folder, and no other', () => {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`)
  const shown = inTree(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))
  const tops = [...below('src'), 'workers', 'bench', 'playground', 'examples', 'campaigns', 'tools', 'docs']
  const all = [...tops.flatMap((top) => [top, ...below(top)]), 'test']
  expect(shown.filter((folder) => !all.includes(folder))).toEqual([])
  expect(all.filter((folder) => !shown.includes(folder) && !folder.startsWith(OPEN))).toEqual([])
})
