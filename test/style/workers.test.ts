/**
 * Workers are made in one way: by piscina, in src/machine/worker_thread.ts.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Files that make a worker themselves, and why. A browser's workers (playground/) are not Node's. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/machine/worker_thread.ts': 'the one way',
  'src/explore/helper/program_worker.ts':
    'the thread that makes it sleeps until it has answered, and piscina needs its event loop',
  'src/explore/helper/async_watchdog.ts':
    "it watches a user's thread that never comes back to its event loop, and loads no package into it",
  'src/watch/index.ts':
    "the guard lives in the user's process as long as that does, and loads no package into it",
  'bench/page_threads.ts': "a browser's workers, for the page that measures in one",
  'workers/busy.ts': 'a loop that is ended with its process, and has no module',
}

/** Files that name a maker of threads in code. */
function makers(text: (file: string) => string, files: readonly string[]): string[] {
  return files.filter((file) =>
    /\bnew (?:Worker|Piscina)\(/.test(text(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
  )
}

const files = ['src', 'workers', 'bench'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${top}/${name}`),
)

test('workers are made by worker_thread.ts alone, and by those that say why not', () => {
  expect(files.length).toBeGreaterThan(500)
  const found = makers((file) => readFileSync(join(root, file), 'utf8'), files)
  expect(found.toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted())
})

test('the control: another maker is seen, and one in a comment is none', () => {
  const texts: Readonly<Record<string, string>> = {
    'a.ts': 'const worker = new Worker(entry)',
    'b.ts': '/** As `new Worker(entry)` does. */\nexport const b = 1',
    'c.ts': 'this.#pool = new Piscina({ filename })',
  }
  expect(makers((file) => texts[file] ?? '', Object.keys(texts))).toEqual(['a.ts', 'c.ts'])
})
