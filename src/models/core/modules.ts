/**
 * Models of modules: one that has users does not unload, one that unloads gets none, and none unloads whose init is not over.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { EAGAIN } from '../../base/errno.ts'
import { delete_module, module_load, module_put, module_state, try_module_get } from '../../kernel/module.ts'
import { MODULE_LIVE, MODULE_UNMAPPED, module_ops, module_struct } from '../../kernel/module_struct.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { answer, answerOf, answersOf, BOOTED, must, nameOf, onEach, quiet } from './world.ts'

/** Memory of the module's code: whose address `rootAddr('test')` holds. */
const CODE = rootAddr('test')
const CODE_WORDS = 2
/** Words of it: something to look at, and the module once its init runs. */
const DATA = 0
const SELF = 1

interface Loaded extends Record<string, number> {
  readonly mod: number
  readonly code: number
  readonly name: number
  readonly answers: number
}

type Body = (s: Loaded) => void

const ops = module_ops.define('explored_module', {
  init(mod) {
    WRITE_ONCE(read(CODE) + SELF, mod)
    read(read(CODE) + DATA)
    return 0
  },
  exit: () => trace_free(read(CODE) + DATA, 1, 'code'),
})
const plain = module_ops.define('explored_module_warm', {})

function setup(loaded: boolean, cpus: number): (scene: Scene) => Loaded {
  return (scene) => {
    bootKernel(true)
    const [name, warm] = [nameOf(1), nameOf(2)]
    onEach(scene, cpus, () => delete_module(must('warm', module_load(warm, plain))))
    const code = scene.name(alloc_boot(CODE_WORDS), 'code', CODE_WORDS)
    write(CODE, code)
    const mod = loaded
      ? scene.name(must<'module'>('module', module_load(name, ops)), 'mod', module_struct)
      : 0
    return { mod, code, name, answers: answersOf(scene, cpus) }
  }
}

/** Takes a reference, uses the module's memory, gives it back. */
function user({ mod, code }: Loaded): void {
  if (!try_module_get(as(mod))) return
  read(code + DATA)
  check(module_state(as(mod)) !== MODULE_UNMAPPED, 'a module with users is gone')
  module_put(as(mod))
}

const rmmod =
  (cpu: number): Body =>
  (s) =>
    answer(s, cpu, delete_module(as(s.mod)))

/** Loads the module. Whoever hears of it early wants it gone. */
const insmod: Body = ({ name }) => check(module_load(as(name), ops) > 0, 'module_load')

function rmmodEarly(s: Loaded): void {
  const mod = READ_ONCE(s.code + SELF)
  answer(s, 1, mod === 0 ? -EAGAIN : delete_module(as(mod)))
}

/** WRONG: uses the module's memory while the module looks alive. */
function careless({ mod, code }: Loaded): void {
  if (module_state(as(mod)) === MODULE_LIVE) read(code + DATA)
}

/** Each unload was done or refused, and at most one was done; with nobody else at it, one was. */
function finish(removers: readonly number[]): (s: Loaded) => void {
  return (s) => {
    quiet()
    const got = removers.map((cpu) => answerOf(s, cpu))
    for (const one of got) check(one === 0 || one === -EAGAIN, `delete_module returned ${one}`)
    const done = got.filter((one) => one === 0).length
    check(done <= 1, 'it was unloaded twice')
    const mod = s.mod === 0 ? read(s.code + SELF) : s.mod
    check((module_state(as(mod)) === MODULE_UNMAPPED) === (done === 1), 'what was said is not what was done')
    check(removers.length < 2 || done === 1, 'nobody unloaded it')
  }
}

/** Name, what runs, whether it is loaded before, the CPUs, those that unload. */
const RACES: readonly (readonly [
  string,
  string,
  boolean,
  readonly Body[],
  readonly number[],
  Partial<Model<Loaded>>?,
])[] = [
  ['get-delete', 'a user ‖ delete_module', true, [user, rmmod(1)], [1]],
  ['get-get-delete', 'two users ‖ delete_module', true, [user, user, rmmod(2)], [2]],
  ['delete-delete', 'delete_module twice', true, [rmmod(0), rmmod(1)], [0, 1]],
  [
    'load-delete',
    'a module is loaded ‖ delete_module as soon as it is seen',
    false,
    [insmod, rmmodEarly],
    [1],
  ],
  [
    'get-control',
    'WRONG: a module is used without a reference ‖ delete_module',
    true,
    [careless, rmmod(1)],
    [1],
    { expect: 'use after free' },
  ],
]

/** Models of modules. */
export const moduleModels: readonly Model[] = RACES.map(([name, summary, loaded, cpus, removers, more]) =>
  defineModel<Loaded>({
    name: `module-${name}`,
    summary,
    setup: setup(loaded, cpus.length),
    cpus,
    finish: finish(removers),
    ...BOOTED,
    ...more,
  }),
)
