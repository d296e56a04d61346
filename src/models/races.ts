/**
 * A race as a model: the same machine, set-up, bodies and check that are forced and run free, under every interleaving.
 *
 * What counts   the race happens in an interleaving if a task dies of an Oops, if somebody waits for ever, or if the check
 *               finds it or a broken invariant. The machine is the whole one, so most races are exhausted to a bound only.
 * Rules         a race whose check needs the drawn order (`free: false`) cannot be judged so, unless it says what must hold in
 *               any order: whyNotExplored says it.
 */
import { read, write } from '#access'
import { errname } from '../base/errno.ts'
import { broughtNamed } from '../define/brought.ts'
import type { Scenario } from '../define/race.ts'
import { defineModel, type Model } from '../define/model.ts'
import { strategyNamed } from '../mdev/strategies.ts'
import { alloc_boot } from '../mem/arena.ts'
import { bootRace } from '../races/boot.ts'
import { scenarioNamed, strategiesOf } from '../races/registry.ts'

/** Preemptions up to which every interleaving of a race is seen. */
const BOUND = 1
/** Words that the bodies of a race share. */
const RACE_WORDS = 64
/** Words of an arena for the whole machine, and schedule points of the longest execution, roughly. */
const ARENA_WORDS = 1 << 20
const STEPS = 20_000

/**
 * What the driver core has for itself, and what has models of its own: the tree of kernfs with its lock and counts of nodes, lists of
 * kobjects and klists, uevents, names, the allocators' locks, the ends of the heap, references to a parent's device.
 *
 * The log is none of them: what a request says in it lies between its steps, and a search that is calm there as well misses
 * register-again under modern, whose unregistration meets nobody between list and directory.
 */
const CALM =
  /^(kernfs_rwsem|kernfs_node.*->count|kernfs->next_ino|.*(k_lock|klist|list_lock)\b.*|uevent.*|sysfs_symlink_target_lock|kset.*|device(#\d+)?->kobj\..*|brk|percpu|.*_cache|devres\[0\]|(strings|names|slab|file).*)$/

interface RaceState extends Record<string, number> {
  readonly words: number
  /** One word per CPU: what its body returned. */
  readonly answers: number
}

/** Why no search can judge the race; undefined if one can. */
export function whyNotExplored(race: Scenario): string | undefined {
  return race.free === false && race.inAnyOrder?.check === undefined
    ? 'its check needs the drawn order'
    : undefined
}

function answerText(answer: number): string {
  return answer < 0 ? errname(answer) : 'ok'
}

function nameOf({ name, axis }: Scenario, strategy: string): string {
  return axis === undefined ? `${name}:${strategy}` : name
}

/** The race under a strategy. */
export function modelOfRace(race: Scenario, strategy: string): Model {
  const guarded = strategyNamed(strategy)?.gate.guarded === true
  const { setup: prepare = () => 0, cpus = race.cpus, check = race.check, calm } = race.inAnyOrder ?? {}
  return defineModel<RaceState>({
    name: nameOf(race, strategy),
    summary: race.axis === undefined ? `${race.title} (${strategy})` : race.title,
    setup: (scene) => {
      const words = scene.name(alloc_boot(RACE_WORDS), 'words', RACE_WORDS)
      bootRace(race, strategy, words)
      const ready = prepare(words)
      if (ready < 0) throw new Error(`the set-up of ${race.name} for a search answers ${ready}`)
      return { words, answers: scene.name(alloc_boot(cpus.length), 'answers', cpus.length) }
    },
    cpus: cpus.map((body, cpu) => ({ words, answers }: RaceState) => {
      write(answers + cpu, body(words))
    }),
    finish: ({ words, answers }) => {
      const texts = cpus.map((_, cpu) => answerText(read(answers + cpu)))
      const { happened, broken = [] } = check({ words, answers: texts })
      if (happened) throw new Error('the race happens')
      if (broken.length > 0) throw new Error(broken.join('; '))
    },
    // Without a gate objects are used after they were freed: what comes of it is looked for.
    ...(!guarded && { races: false, touchFreed: true }),
    fold: ['mem', 'sync', 'kernel'],
    bound: race.bound ?? BOUND,
    calm: calm === undefined ? CALM : new RegExp(`${CALM.source}|${calm.source}`),
    maxSteps: STEPS,
    arenaWords: ARENA_WORDS,
  })
}

/** The race of `problem-5:rwsem`, or of `vfio-live-group`, which no strategy plays a part in; undefined if no search can judge it. */
export function raceModelNamed(name: string): Model | undefined {
  const [race = '', strategy] = name.split(':')
  const found = scenarioNamed(race)
  if (found === undefined || whyNotExplored(found) !== undefined) return undefined
  const isKnown = [broughtNamed('strategy', strategy ?? ''), strategyNamed(strategy ?? '')].some(
    (one) => one !== undefined,
  )
  // Controls and what was raised on the list are no columns of the matrix, and can be asked for.
  const asked = isKnown ? [strategy ?? ''] : []
  const under = [...strategiesOf(found), ...asked].find((one) => nameOf(found, one) === name)
  return under === undefined ? undefined : modelOfRace(found, strategy ?? under)
}
