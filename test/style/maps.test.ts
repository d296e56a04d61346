/**
 * The maps in the READMEs: a reader who looks for a file finds it named, and what is named is there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Folders below src and bench that have a README. */
const folders = ['src', 'bench']
  .flatMap((top) => readdirSync(join(root, top), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.name === 'README.md')
  .map((entry) => entry.parentPath)

/** Names in backticks; `pci*.ts` stands for many. */
function named(text: string): RegExp[] {
  return [...text.matchAll(/`([\w./*-]+)`/g)].map(([, name = '']) => {
    const file = name.replace(/\.ts$/, '').replaceAll('.', '\\.').replaceAll('*', '[\\w.]*')
    return new RegExp(`^${file}$`)
  })
}

/** rw_sem is the file of the class RwSem. */
function className(file: string): string {
  return file.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** src/sync has one file per primitive, named for it: its description in members/ says what it is. */
const isMember = (folder: string, file: string): boolean => existsSync(join(folder, 'members', `${file}.ts`))

/** Files of the folder that its map leaves out. A folder below it is one entry. */
function unnamed(folder: string): string[] {
  const names = named(readFileSync(join(folder, 'README.md'), 'utf8'))
  const has = (file: string): boolean => names.some((name) => name.test(file))
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'index.ts')
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .filter((file) => !has(file) && !has(className(file)) && !isMember(folder, file))
    .map((file) => relative(root, join(folder, `${file}.ts`)))
}

/** Paths that a README names, with a folder in them or not, and that are nowhere below the folder nor below src. */
function gone(folder: string): string[] {
  const below = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/`([\w./-]+\.ts)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !below.some((file) => file === path || file.endsWith(`/${path}`)))
    .filter((path) => !existsSync(join(root, 'src', path)))
    .map((path) => `${relative(root, folder)}/README.md: ${path}`)
}

test('every file is named in the map of its folder', () => {
  expect(folders.length).toBeGreaterThan(15)
  expect(folders.flatMap(unnamed)).toEqual([])
})

test('what a map names is there', () => {
  expect(folders.flatMap(gone)).toEqual([])
})
