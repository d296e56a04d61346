/**
 * Links of the Markdown files: what is pointed at is there, file and heading; and what the README points at is in the package.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const pages = ['.', 'docs', 'src', 'bench']
  .flatMap((top) => readdirSync(join(root, top), { withFileTypes: true, recursive: top !== '.' }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => join(entry.parentPath, entry.name))

function linksOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target))
}

/** Names by which headings can be reached, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function broken(page: string): string[] {
  return linksOf(page)
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    })
    .map((link) => `${relative(root, page)}: ${link}`)
}

test('every link leads somewhere', () => {
  expect(pages.length).toBeGreaterThan(20)
  expect(pages.flatMap(broken)).toEqual([])
})

test('whoever installs the package can follow the links of its README', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }
  const inside = (path: string, one: string): boolean => path === one || path.startsWith(`${one}/`)
  const left = files.filter((one) => one.startsWith('!')).map((one) => one.slice(1))
  const packed = [...files, 'LICENSE', 'README.md']
  const lost = linksOf(join(root, 'README.md'))
    .map((link) => link.replace(/#.*/, ''))
    .filter((path) => path !== '')
    // Sources are not packed, nor large pages that are made of them or go with them: who reads those has a clone.
    .filter((path) => !/^(src|bench)\/|^(ARCHITECTURE|CONTRIBUTING)\.md$/.test(path))
    .filter(
      (path) =>
        !/^docs\/((adding|checklist|devlink|explore|fences|mails|matrix|problem-5|real-kernel|results|revocable|serialisation|sharded|switchtec|vfio)\.md|api\/)/.test(
          path,
        ),
    )
    .filter((path) => left.some((one) => inside(path, one)) || !packed.some((one) => inside(path, one)))
  expect(lost).toEqual([])
})
