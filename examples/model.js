// Models: a counter that two CPUs count up, under a lock and without one. The explorer runs every interleaving.
//   lockstorm explore ./examples/model.js
import { check, defineModel } from 'lockstorm/define'
import { alloc_boot, cmpxchg, cpu_relax, READ_ONCE, WRITE_ONCE } from 'lockstorm/kit'

const LOCK = 0
const COUNT = 1

function lock(words) {
  while (cmpxchg(words + LOCK, 0, 1) !== 0) cpu_relax()
}

function unlock(words) {
  WRITE_ONCE(words + LOCK, 0)
}

function countUp(words) {
  WRITE_ONCE(words + COUNT, READ_ONCE(words + COUNT) + 1)
}

function setup(scene) {
  const words = alloc_boot(2)
  scene.name(words + LOCK, 'lock')
  scene.name(words + COUNT, 'count')
  return { words }
}

function finish({ words }) {
  check(READ_ONCE(words + COUNT) === 2, 'an increment is lost')
}

function locked({ words }) {
  lock(words)
  countUp(words)
  unlock(words)
}

const unlocked = ({ words }) => countUp(words)

export default [
  defineModel({
    name: 'count-locked',
    summary: 'two CPUs count up under a spinlock; both are counted',
    setup,
    cpus: [locked, locked],
    finish,
  }),
  defineModel({
    name: 'count-unlocked',
    summary: 'the same without the lock: wrong on purpose, so that an increment must be lost',
    setup,
    cpus: [unlocked, unlocked],
    finish,
    expect: 'assertion',
  }),
]
