/**
 * The shapes of races and strategies, which know the strategies of ours: whoever loads them loads the kernel.
 */
import { GATES } from '../mdev/gates/index.ts'
import type { Gate } from '../mdev/gates/gate.ts'
import type { Namespace } from '../mdev/namespaces/namespace.ts'
import type { Sequence } from '../mdev/sequences/sequence.ts'
import { BUSTED, RAISED, STRATEGIES, type Strategy } from '../mdev/strategies.ts'
import { heldToKind } from './held_to_kind.ts'
import { DETECTORS, type Scenario } from './race.ts'
import * as s from './shape.ts'
import { bodies } from './shapes.ts'

const MOST_CPUS = 16

const isStep = (value: unknown): boolean =>
  s.isObject(value) && Number.isInteger(value['cpu']) && typeof value['until'] === 'string'

const race: s.Shape = {
  name: s.identifier,
  title: s.text,
  source: s.text,
  symptom: s.text,
  fix: s.text,
  'boot?': s.anObject,
  'setup?': s.fn,
  cpus: bodies(MOST_CPUS),
  schedule: s.several(0, 1000, 'steps { cpu, until }', isStep),
  'labels?': s.anObject,
  check: s.fn,
  'bound?': s.whole(0, 10),
  'inAnyOrder?': s.anObject,
  'free?': { accepts: 'false, or nothing', holds: (value) => value === false },
  'axis?': s.anObject,
  expect: s.fn,
}

/** What is expected of a race of so many CPUs. */
const cell = (cpus: number): s.Shape => ({
  outcome: s.word('happens', 'does not', 'hangs'),
  seenBy: s.several(0, DETECTORS.length, `of ${DETECTORS.join(', ')}`, s.word(...DETECTORS).holds),
  answers: s.several(cpus, cpus, 'texts, one per CPU', s.text.holds),
})

const gate: s.Shape = {
  name: s.identifier,
  guarded: s.flag,
  entersFirst: s.flag,
  drains: s.flag,
  opensAgain: s.flag,
  refusesAtOnce: s.flag,
  zeroIsGone: s.flag,
  lockdepSees: s.word('always', 'today', 'never'),
  init: s.fn,
  open: s.fn,
  try_enter: s.fn,
  exit: s.fn,
  'close?': s.fn,
  begin_unregister: s.fn,
  end_unregister: s.fn,
  destroy: s.fn,
}

const namespace: s.Shape = {
  name: s.identifier,
  locksList: s.flag,
  serialises: s.word('nothing', 'a parent', 'everything'),
  listsUnfinished: s.flag,
  'findsByReference?': s.flag,
  seesAllParents: s.flag,
  claim: s.fn,
  settle: s.fn,
  'unfinished?': s.fn,
  abandon: s.fn,
  find: s.fn,
  restore: s.fn,
  commit: s.fn,
  retire: s.fn,
  release: s.fn,
}

const isRun = (value: unknown): boolean => s.isObject(value) && s.fn.holds(value['run'])

const sequence: s.Shape = {
  name: s.identifier,
  create: s.several(
    1,
    100,
    'steps { name, run, undo }',
    (one) => isRun(one) && s.fn.holds((one as { undo?: unknown }).undo),
  ),
  showsUnmade: s.flag,
  'fileWhenMade?': s.flag,
  vendorMayRefuse: s.flag,
  remove: s.several(1, 100, 'steps { name, run }', isRun),
  vendorIsDriver: s.flag,
  pinsType: s.flag,
}

const isSeam: s.Check['holds'] = (value) => typeof value === 'string' || s.isObject(value)
const seam = (what: string): s.Check => ({
  accepts: `the name of a ${what}, or one of your own`,
  holds: isSeam,
})

const strategy: s.Shape = {
  name: s.identifier,
  namespace: seam('namespace'),
  gate: seam('gate'),
  sequence: seam('sequence'),
  'history?': s.text,
  'source?': s.text,
  'removeIsAttribute?': s.flag,
  'coreCounts?': s.flag,
  'compatUnlocked?': s.flag,
}

/** A strategy as a file writes it: ours by name, or a seam of its own. What is left out is false, or says that a file brings it. */
export interface StrategyRow {
  readonly name: string
  readonly namespace: string | Namespace
  readonly gate: string | Gate
  readonly sequence: string | Sequence
  readonly history?: string
  readonly source?: string
  readonly removeIsAttribute?: boolean
  readonly coreCounts?: boolean
  readonly compatUnlocked?: boolean
}

/** A race. @throws ShapeError */
export function defineRace(value: Scenario): Scenario {
  s.mustHave(value, race, 'a race')
  const { cpus, schedule } = value
  const stranger = schedule.find(({ cpu }) => cpu < 0 || cpu >= cpus.length)
  if (stranger !== undefined) {
    throw s.wrongField('schedule', `steps of the CPUs 0 to ${cpus.length - 1}`, `cpu ${stranger.cpu}`)
  }
  for (const one of STRATEGIES)
    s.mustHave(value.expect(one), cell(cpus.length), 'a cell', `expect under ${one.name}: `)
  return value
}

/** A strategy. @throws ShapeError */
export function defineStrategy(value: StrategyRow): StrategyRow {
  s.mustHave(value, strategy, 'a strategy')
  strategyFrom(value)
  return value
}

const rows = [...STRATEGIES, ...RAISED, ...BUSTED]

function member<T extends { readonly name: string }>(
  field: string,
  given: string | T,
  ours: readonly T[],
  shape: s.Shape,
): T {
  const names = [...new Set(ours.map(({ name }) => name))].join(', ')
  if (typeof given !== 'string') {
    s.mustHave(given, shape, `a ${field}`, `${field}.`)
    const taken = ours.find(({ name }) => name === given.name)
    if (taken === given) return given
    if (taken === undefined)
      return heldToKind(
        field,
        given,
        Object.keys(shape).map((key) => key.replace('?', '')),
      )
    throw s.wrongField(`${field}.name`, `a name that is none of ${names}`, given.name)
  }
  const found = ours.find(({ name }) => name === given)
  if (found === undefined) throw s.wrongField(field, `one of ${names}, or an object`, given)
  return found
}

/** The strategy of a row. @throws ShapeError */
export function strategyFrom(row: StrategyRow): Strategy {
  const {
    name,
    history = 'brought by a file',
    source = 'a file',
    removeIsAttribute = false,
    coreCounts = false,
    compatUnlocked = false,
  } = row
  return {
    name,
    namespace: member(
      'namespace',
      row.namespace,
      rows.map((one) => one.namespace),
      namespace,
    ),
    gate: member('gate', row.gate, GATES, gate),
    sequence: member(
      'sequence',
      row.sequence,
      rows.map((one) => one.sequence),
      sequence,
    ),
    history,
    source,
    removeIsAttribute,
    coreCounts,
    compatUnlocked,
  }
}
