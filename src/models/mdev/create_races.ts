/**
 * The races of create: with another create, and with a remove.
 */
import { read } from '#access'
import { EEXIST } from '../../base/errno.ts'
import { check } from '../../define/model.ts'
import type { Strategy } from '../../mdev/strategies.ts'
import { quiet } from '../core/world.ts'
import { withDevice, type Expectation, type Race } from './race.ts'
import { devices, echo, UUID, type World } from './world.ts'

/** One of two creates of one uuid has made it, the other was told so. */
function oneOfTwo({ answers }: World): void {
  quiet()
  const [a, b] = [read(answers), read(answers + 1)]
  check(a > 0 !== b > 0, `the creates returned ${a} and ${b}`)
  check(Math.min(a, b) === -EEXIST, `the late create returned ${Math.min(a, b)}`)
  check(devices() === 1, `${devices()} devices`)
}

/** The control changes its list without a lock. */
function noLock({ namespace }: Strategy): Expectation {
  return namespace.locksList ? {} : { expect: 'data race' }
}

const createCreate: Race = {
  name: 'create-create',
  summary: 'one uuid is created on two parents',
  cpus: [
    function create_on_tiny0(s) {
      echo(s, 0, s.create, UUID)
    },
    function create_on_tiny1(s) {
      echo(s, 1, s.create_other, UUID)
    },
  ],
  finish: oneOfTwo,
  expect: (strategy) => (strategy.namespace.seesAllParents ? noLock(strategy) : { expect: 'assertion' }),
}

const createTwice: Race = {
  name: 'create-twice',
  summary: 'one uuid is created twice on one parent',
  cpus: [
    function create_on_tiny0(s) {
      echo(s, 0, s.create, UUID)
    },
    function create_too(s) {
      echo(s, 1, s.create_too, UUID)
    },
  ],
  finish: oneOfTwo,
  expect: noLock,
}

const createRemove: Race = {
  name: 'create-remove',
  summary: 'a uuid is created while the device that has it is removed',
  setup: withDevice,
  cpus: [
    function create_on_tiny0(s) {
      echo(s, 0, s.create, UUID)
    },
    function remove(s) {
      echo(s, 1, s['remove'] as number, '1')
    },
  ],
  finish({ answers }) {
    quiet()
    const [created, removed] = [read(answers), read(answers + 1)]
    check(removed > 0, `remove returned ${removed}`)
    check(created > 0 || created === -EEXIST, `create returned ${created}`)
    check(devices() === (created > 0 ? 1 : 0), `${devices()} devices`)
  },
  expect: noLock,
}

/** Races of create. */
export const CREATE_RACES: readonly Race[] = [createCreate, createTwice, createRemove]
