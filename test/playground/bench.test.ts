/** The page that measures the classes in Chromium: with the contenders of Node, every row of them, by keys alone. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { servePlayground, type Playground } from '#lockstorm/playground/serve'
import type * as Classes from '../../bench/suites/classes.ts'
import { hasChromium, Page } from '../setup/chromium.ts'

const ENTER = 13
const { cases } = (await import(
  pathToFileURL(resolve(import.meta.dirname, '../../dist/bench/suites/classes.js')).href
)) as typeof Classes

describe.skipIf(!hasChromium())(
  'in Chromium',
  () => {
    let served: Playground
    let page: Page
    beforeAll(async () => {
      served = await servePlayground(0)
      page = new Page()
    }, 120_000)
    afterAll(() => {
      page.end()
      served.end()
    })

    const status = "document.getElementById('status').textContent"

    /** Opens the page, lets it try, and returns what it says in the end. */
    async function tried(before = ''): Promise<string> {
      await page.open(`${served.url}bench.html`)
      await page.until("document.getElementById('costs').tHead.rows.length > 0")
      if (before !== '') await page.value(before)
      await page.value("document.getElementById('quick').focus()")
      await page.press('Enter', ENTER, 0, '\r')
      await page.until(`/^(All|The run)/.test(${status})`)
      return page.value(status)
    }

    test('every row of the suite is measured, beside bare Atomics', async () => {
      expect(await tried()).toMatch(/^All of it runs: .*Chrome\/\d+.*, \d+ cores$/)
      const rows = await page.value<string[][]>(
        "[...document.getElementById('costs').tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))",
      )
      const wanted = cases.flatMap(({ subject, rows: those }) =>
        those.map(({ label = '' }) => [`${subject}/w=1`, label]),
      )
      expect(rows.map((row) => row.slice(0, 2))).toEqual(wanted)
      expect(
        rows.map(([, , time = '']) => time).filter((time) => !/^\d[\d.]* (ns|µs|ms)$/.test(time)),
      ).toEqual([])
      expect(rows.some(([, contender]) => contender?.startsWith('bare Atomics'))).toBe(true)
      expect(await page.value("document.getElementById('left').textContent")).toBe('')
    })

    test('a worker that fails is told, and ends the run', async () => {
      const broken =
        "globalThis.Worker = class extends Worker { postMessage(data) { super.postMessage({ ...data, variant: 'nothing' }) } }"
      expect(await tried(broken)).toMatch(/^The run broke: .*'nothing'/)
    })

    test.each([400, 1600])('nothing is wider than a page of %d pixels', async (width) => {
      await page.open(`${served.url}bench.html`, width)
      await page.until("document.getElementById('quick') !== null")
      expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    })
  },
  180_000,
)
