/** docs/adding.md, followed to the letter in a copy of the tree: what its blocks say is done, and what came of it runs. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
// @ts-expect-error it has no types
import { Scratch as Untyped } from '../../tools/mutate_scratch.mjs'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/adding.md'), 'utf8')

interface Copy {
  readonly dir: string
  compile(): string
  remove(): void
}
const Scratch = Untyped as unknown as new (root: string) => Copy

/** A block: a new file, or lines to put behind another. */
interface Edit {
  readonly file: string
  readonly behind: string | undefined
  readonly text: string
}

/** The blocks of each section, by its title. */
const sections: ReadonlyMap<string, readonly Edit[]> = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = section.matchAll(/^```\w+ ([^\s,]+)(?:, behind `([^`\n]*)`)?\n(.*?)^```$/gms)
      const title = section.slice(0, section.indexOf('\n')).toLowerCase()
      return [title, [...blocks].map(([, file = '', behind, text = '']) => ({ file, behind, text }))]
    }),
)
const editsOf = (title: string): readonly Edit[] => {
  const edits = sections.get(title)
  if (edits === undefined) throw new Error(`the page has no section '${title}'`)
  return edits
}

let copy: Copy
beforeAll(() => {
  copy = new Scratch(root)
})
afterAll(() => {
  copy.remove()
})

function follow(edits: readonly Edit[]): void {
  for (const { file, behind, text } of edits) {
    const path = join(copy.dir, file)
    if (behind === undefined) {
      if (existsSync(path)) throw new Error(`${file} is there already`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      continue
    }
    const lines = readFileSync(path, 'utf8').split('\n')
    const at = lines.indexOf(behind)
    if (at < 0) throw new Error(`${file} has no line '${behind}'`)
    lines.splice(at + 1, 0, text.trimEnd())
    writeFileSync(path, lines.join('\n'))
  }
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program in the copy, while this thread goes on: on a busy machine all of them take minutes. */
function node(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const out = { stdout: '', stderr: '' }
    const child = spawn(process.execPath, args, { cwd: copy.dir })
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (data: Buffer) => (out[name] += data.toString()))
    child.on('close', (status) => done({ status, ...out }))
  })
}
const lockstorm = (line: string): Promise<Ended> => node('dist/src/cli/main.js', ...line.split(' '))
const tested = async (file: string): Promise<{ status: number | null; text: string }> => {
  const { status, stdout, stderr } = await node('node_modules/vitest/vitest.mjs', 'run', file)
  return { status, text: stdout + stderr }
}
const members = (): ReturnType<typeof tested> => tested('test/sync/members.test.ts')

test('a lock, a race, a model, a strategy, a workload and a driver compile', () => {
  for (const edits of sections.values()) follow(edits)
  expect(copy.compile()).toBe('')
})

test('the lock is run by every tool', async () => {
  expect(await members()).toMatchObject({ status: 0 })
  expect(await lockstorm('torture my_lock --duration 300ms')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('my_lock-torture:--- End of test: SUCCESS'),
  })
  expect(await lockstorm('explore my_lock:lock+lock unlock-then-free:my_lock')).toMatchObject({ status: 0 })
  expect((await lockstorm('selftest')).stdout).toMatch(/^ +my_lock:(?: {2}ok {2}\|){6}$/m)
})

test('no map of a folder needs a line for what is added', async () => {
  expect(await tested('test/style/maps.test.ts')).toMatchObject({ status: 0 })
})

test('without the lines of its adapter the tests fail, and name it', async () => {
  const list = join(copy.dir, 'dist/src/sync/members/index.js')
  const whole = readFileSync(list, 'utf8')
  writeFileSync(list, whole.replaceAll(/^.*\bmy_lock\b.*$/gm, ''))
  const { status, text } = await members()
  writeFileSync(list, whole)
  expect(status).toBe(1)
  expect(text).toMatch(/every struct of sync is described[\s\S]*"my_lock"/)
})

test.each([
  ['race', 'scenario my-race --strategy my-strategy', /my-strategy: .* as expected/],
  ['model', 'explore my-model', /my-model: no failure in \d+ executions, exhausted/],
  [
    'strategy',
    'storm --strategies my-strategy,global --rounds 1 --warmup 0 --cpus 2 --parents 2 --devices 2 --vendor none',
    /^my-strategy .* ok$/m,
  ],
  ['workload', 'storm --workload ./my_workload.js --cpus 2 --duration 100ms', /^atomic +[1-9]/m],
  ['driver', 'shell -c insmod@my_card;ls@/sys/class/mdev_bus', /my_card0/],
])('the %s runs', async (_, line, told) => {
  const { status, stdout } = await node(
    'dist/src/cli/main.js',
    ...line.split(' ').map((word) => word.replaceAll('@', ' ')),
  )
  expect(stdout).toMatch(told)
  expect([0, 1]).toContain(status)
})

test('the table says how many files are touched', () => {
  const rows = [...page.matchAll(/^\| (a \w+) \| (\d) \| (\d) \|$/gm)].map(([, what = '', files, lines]) => [
    what,
    Number(files),
    Number(lines),
  ])
  /** Pages that a command of the section, or a hand, brings up to date. */
  const pages = { 'a strategy': ['docs/matrix.md', 'README.md'] }
  const counted = rows.map(([what]) => {
    const title = what === 'a workload' ? 'a workload for storms' : String(what)
    const edits = editsOf(title)
    const there = edits.filter(({ behind }) => behind !== undefined).map(({ file }) => file)
    const more = pages[what as keyof typeof pages] ?? []
    return [
      what,
      new Set([...edits.map(({ file }) => file), ...more]).size,
      new Set([...there, ...more]).size,
    ]
  })
  expect(counted).toEqual(rows)
  expect(rows).toHaveLength(6)
})
