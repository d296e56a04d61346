// One test of test262 through the explorer: its text is body 0, the text of each agent that it starts is a body of its own, and a
// body that only looks on makes them two. Where a test goes through constructors of views, each of them is a case.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { explore, exploreAsync, RefusedError } from '../../dist/src/explore/helper/index.js'
import { NAMES, WORDS, worldOf } from './world.mjs'

const BUDGET = { executions: 120, ms: 3000 }
/** Features that not every engine has. */
const HAS = {
  'Atomics.waitAsync': 'waitAsync' in Atomics,
  'Atomics.pause': true,
  Float16Array: 'Float16Array' in globalThis,
  'immutable-arraybuffer': 'transferToImmutable' in ArrayBuffer.prototype,
  'resizable-arraybuffer': 'resize' in ArrayBuffer.prototype,
}
/** Ours take their place. */
const REPLACED = ['atomicsHelper.js']

/** Loops that poll for ever in a real agent say so to the explorer. */
function paced(text) {
  return text
    .replaceAll(/while \((.*notify\(.*)\) ;/g, 'while ($1) $262.agent.sleep(1);')
    .replaceAll(/while \((.*)\) ;/g, 'while ($1) Atomics.pause();')
    .replaceAll(/while \((.*)\)\s*\{\s*\/\* nothing \*\/\s*\}/g, 'while ($1) Atomics.pause();')
}

function listOf(text, name) {
  const [, list = ''] = new RegExp(`^${name}: \\[(.*)\\]`, 'm').exec(text) ?? []
  return list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** Functions for the texts of a test and its agents, compiled once. */
function compile(head, text, strict) {
  const start = strict ? "'use strict';" : ''
  // eslint-disable-next-line typescript/no-implied-eval -- a test is a script
  return new Function('only', ...NAMES, `${start}${head}\n;${paced(text)}`)
}

/** The harness, with what would last beyond a run taken out of it: properties are put back, and only the wanted views are gone through. */
function harnessOf(folder, includes) {
  const names = ['assert.js', 'sta.js', ...includes.filter((name) => !REPLACED.includes(name))]
  const texts = names.map((name) => readFileSync(join(folder, 'harness', name), 'utf8'))
  if (names.includes('propertyHelper.js'))
    texts.push(
      '{ const all = verifyProperty; verifyProperty = (o, n, d) => all(o, n, d, { restore: true }) }',
    )
  if (names.includes('testTypedArray.js'))
    texts.push(
      '{ const all = testWithAllTypedArrayConstructors; testWithAllTypedArrayConstructors = (f, list, ...rest) => only(all, f, list ?? allTypedArrayConstructors, ...rest) }',
    )
  return texts.join('\n;')
}

/** What Node itself makes of a test of one agent: '' if it passes. */
function withoutExplorer(main) {
  const values = NAMES.map((name) => globalThis[name])
  const own = Object.create(globalThis, { $DONE: { value: () => {} } })
  const detach = (buffer) => void structuredClone(buffer, { transfer: [buffer] })
  values.splice(0, 3, { detachArrayBuffer: detach }, () => {}, own)
  try {
    main.call(own, (all, f, ...rest) => all(f, ...rest), ...values)
    return ''
  } catch (error) {
    return String(error)
  }
}

/** Runs the test up to its broadcast, without the explorer, to learn of its agents and of the views it goes through. */
function survey(main) {
  const scripts = []
  const views = new Set()
  const stop = () => {
    throw new Error('surveyed')
  }
  const agent = {
    start: (text) => void scripts.push(text),
    timeouts: { yield: 100, small: 200, long: 1000, huge: 10_000 },
    broadcast: stop,
    safeBroadcast: stop,
    safeBroadcastAsync: stop,
    monotonicNow: () => 0,
  }
  const only = (_all, _f, list) => {
    for (const { name } of list) views.add(name)
  }
  const own = Object.create(globalThis, { $DONE: { value: () => {} } })
  const values = NAMES.map((name) => globalThis[name])
  values.splice(0, 3, { agent, detachArrayBuffer() {} }, () => {}, own)
  try {
    main.call(own, only, ...values)
  } catch {
    // It is looked at again when it is explored.
  }
  return { scripts, views: [...views] }
}

/** The body of one text. */
function bodyOf(run, { isAsync, tells, isMain, view }) {
  const only = (all, f, list, ...rest) =>
    all(
      f,
      list.filter(({ name }) => name === view),
      ...rest,
    )
  return (memory) => {
    let settle
    // A synchronous exploration refuses who makes a promise, and rightly so.
    const settled =
      isAsync &&
      new Promise((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error))
      })
    const { world, own, values } = worldOf(memory, settle)
    run.call(own, only, ...values)
    if (!isAsync) return undefined
    return isMain ? tells && settled : world.heard
  }
}

function judged({ verdict, failure, coverage }) {
  const executions = coverage.reduce((sum, each) => sum + each.executions, 0)
  if (failure === undefined) return { result: 'passed', executions, all: verdict === 'holds' }
  return {
    result: 'fails',
    reason: `${failure.kind}: ${failure.message}`.split('\n')[0],
    ladder: failure.ladder,
  }
}

/** Explores one case. */
async function exploreCase(texts, kind) {
  const { isAsync } = kind
  const threads = texts.map((run, i) => bodyOf(run, { ...kind, isMain: i === 0 }))
  threads.push((memory) => void Atomics.load(memory, WORDS - 1))
  const program = { memory: WORDS, threads, maxSteps: 20_000 }
  const options = texts.length === 1 ? { ...BUDGET, search: 'dpor' } : BUDGET
  try {
    return judged(isAsync ? await exploreAsync(program, options) : explore(program, options))
  } catch (error) {
    if (error instanceof RefusedError) return { result: 'refused', reason: error.message }
    throw error
  }
}

/** A failure that is not the explorer's: Node's own, or that of a test which rests on time. */
function excused(found, main, text, agents) {
  if (found.result !== 'fails') return found
  const own = agents === 0 && !text.includes('waitAsync') ? withoutExplorer(main) : ''
  if (own !== '') return { result: 'not here', reason: `Node itself fails it: ${own.split('\n')[0]}` }
  if (
    /tryYield|trySleep|safeBroadcastAsync/.test(text) &&
    found.ladder.some((line) => line.includes('/* timed out */') || line.includes('timed-out'))
  )
    return {
      result: 'rests on time',
      reason:
        'a wait of 1000 ms is to last until a sleep of 100 ms is over, and the explorer has time-outs fire in any order once nothing else can run',
    }
  return found
}

/** The view that a test is about, if it goes through none. */
function viewIn(text) {
  return ['BigInt64Array', 'Int32Array'].find((name) => text.includes(name)) ?? '–'
}

/** Runs one test. Returns its cases: `{ view, result, reason?, executions?, all? }`. */
export async function runTest(folder, path) {
  const text = readFileSync(join(folder, path), 'utf8')
  const flags = listOf(text, 'flags')
  const missing = listOf(text, 'features').filter((name) => HAS[name] === false)
  if (missing.length > 0)
    return [{ view: viewIn(text), result: 'not here', reason: `this engine has no ${missing.join(', ')}` }]
  if (flags.includes('CanBlockIsFalse'))
    return [{ view: viewIn(text), result: 'not here', reason: 'it is for agents that must not block' }]
  const includes = listOf(text, 'includes')
  if (flags.includes('async')) includes.push('asyncHelpers.js')
  const head = harnessOf(folder, [...new Set(includes)])
  const main = compile(head, text, flags.includes('onlyStrict'))
  const { scripts, views } = survey(main)
  const agentHead = harnessOf(folder, [])
  const texts = [main, ...scripts.map((each) => compile(agentHead, each, false))]
  const tells = flags.includes('async')
  const isAsync = tells || text.includes('waitAsync')
  const cases = []
  for (const view of views.length > 0 ? views : [viewIn(text)]) {
    const found = await exploreCase(texts, { isAsync, tells, view })
    cases.push({ view, ...excused(found, main, text, scripts.length) })
  }
  return cases
}
