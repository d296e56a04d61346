/** The page of the playground in Chromium: programs, verdicts, the schedule step by step, with keys alone. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { servePlayground, type Playground } from '#lockstorm/playground/serve'
import { hasChromium, Page } from '../setup/chromium.ts'

const [ENTER, TAB, END, HOME, DOWN, CONTROL] = [13, 9, 35, 36, 40, 2] as const

const VERDICTS = {
  'lost-wake-up': 'Fails: lost wake-up',
  'lost-update': 'Fails: assertion: two have counted, and it is 1',
  mutex: 'Holds: ',
  abba: 'Fails: deadlock',
  async: 'Fails: assertion: the balance is -60',
} as const

const programs = resolve(import.meta.dirname, '../../playground/programs')

test('the examples come to the same where Node runs them', () => {
  const code = `for (const name of process.argv.slice(1)) {
    const error = await import(name).then(() => undefined, (error) => error)
    console.log(error === undefined ? 'Holds' : 'Fails: ' + error.verdict.failure.kind)
  }`
  const paths = Object.keys(VERDICTS).map((name) => join(programs, `${name}.js`))
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', code, ...paths], {
    encoding: 'utf8',
  })
  const wanted = Object.values(VERDICTS).map((verdict) => /^Fails: [a-z- ]+|^Holds/.exec(verdict)?.[0])
  expect(told.trim().split('\n')).toEqual(wanted)
})

describe.skipIf(!hasChromium())(
  'in Chromium',
  () => {
    let served: Playground
    let page: Page
    beforeAll(async () => {
      served = await servePlayground(0)
      page = new Page()
      await page.open(served.url)
      await page.until("document.getElementById('source').value.includes('mustHold')")
    }, 120_000)
    afterAll(() => {
      page.end()
      served.end()
    })

    const ended = "document.getElementById('explore').textContent === 'Explore'"
    const shown = (): Promise<string> => page.value("document.getElementById('verdict').innerText")

    /** Explores what is in the editor, by keys alone. */
    async function explore(): Promise<string> {
      await page.value("document.getElementById('source').focus()")
      await page.press('Enter', ENTER, CONTROL)
      await page.until(ended)
      return shown()
    }

    async function write(source: string): Promise<void> {
      await page.value(
        `{ const source = document.getElementById('source'); source.value = ${JSON.stringify(source)}; source.dispatchEvent(new Event('input')) }`,
      )
    }

    async function choose(name: string): Promise<void> {
      const source = readFileSync(join(programs, `${name}.js`), 'utf8')
      await page.value(
        `{ const example = document.getElementById('example'); example.value = '${name}'; example.dispatchEvent(new Event('change')) }`,
      )
      await page.until(`document.getElementById('source').value === ${JSON.stringify(source)}`)
    }

    test('the page has shared memory', async () => {
      expect(await page.value('crossOriginIsolated')).toBe(true)
    })

    test.each(Object.entries(VERDICTS))('%s: %s', async (name, verdict) => {
      await choose(name)
      expect(await explore()).toContain(verdict)
    })

    test('a schedule is stepped through with keys, told to who does not see it, and its line is marked', async () => {
      await choose('lost-update')
      await explore()
      await page.value("document.getElementById('explore').focus()")
      const here = (): Promise<string> => page.value('document.activeElement.ariaLabel ?? ""')
      for (let i = 0; i < 10 && !(await here()).includes('steps of'); i++) await page.press('Tab', TAB)
      expect(await here()).toContain('steps of the schedule')
      const said = (): Promise<string> => page.value("document.querySelector('.said').textContent")
      await page.press('Home', HOME)
      await page.press('ArrowDown', DOWN)
      expect(await said()).toMatch(/^step 2 of \d+: cpu-\d/)
      const current = "document.querySelectorAll('[aria-current=step]')"
      expect(await page.value(`${current}.length`)).toBe(1)
      expect(await page.value(`${current}[0].dataset.line`)).toMatch(/^\d+$/)
      expect(await page.value("document.querySelector('#lines .now').textContent")).toBe(
        await page.value(`${current}[0].dataset.line`),
      )
      await page.press('End', END)
      expect(await said()).toMatch(/^step (\d+) of \1/)
    })

    test.each([
      ['nothing()', /ReferenceError: nothing is not defined \(program\.js:1\)/],
      ['\n\nconst one = ;', /SyntaxError: .* \(program\.js:3\)/],
      ["import 'vitest'", /vitest/],
      ['const one = 1', /explores nothing/],
      [
        "import { mustHold } from 'lockstorm/explore'\nmustHold({ memory: 1, threads: [] })",
        /2 to 8 threads/,
      ],
      ["import 'https://example.org/'", /may import nothing but lockstorm/],
      ["await fetch('https://example.org/')", /TypeError: Failed to fetch/],
    ])('%j is told: %s', async (source, told) => {
      await write(source)
      expect(await explore()).toMatch(told)
    })

    test('a program that never ends can be stopped', async () => {
      await write('for (;;) {}')
      await page.value("document.getElementById('explore').click()")
      expect(await page.value(ended)).toBe(false)
      await page.value("document.getElementById('explore').click()")
      expect([await page.value(ended), await shown()]).toEqual([true, 'The program was stopped.'])
    })

    test('a program that never ends is ended after its budget', async () => {
      await page.value(
        '{ const real = setTimeout; globalThis.setTimeout = (fn, ms, ...rest) => real(fn, ms === 15_000 ? 100 : ms, ...rest) }',
      )
      await write('for (;;) {}')
      expect(await explore()).toMatch(/^The program was ended: it had run for 15 seconds\./)
    })

    test.each([400, 1600])('nothing is wider than a page of %d pixels', async (width) => {
      await page.open(served.url, width)
      await page.until("document.getElementById('source')?.value.includes('mustHold')")
      await explore()
      expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    })
  },
  120_000,
)
