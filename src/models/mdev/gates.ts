/**
 * Models of the gates alone: who entered is never overtaken by the closing, and what comes after it is refused.
 */
import { read, READ_ONCE, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { GATES } from '../../mdev/gates/index.ts'
import type { Gate } from '../../mdev/gates/gate.ts'
import { mdev_parent } from '../../mdev/types.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { twice } from '../bodies.ts'

/** `gone` is set while the gate is closed, when `data` is freed. */
interface Parent extends Record<string, number> {
  readonly parent: number
  readonly gone: number
  readonly data: number
}

type Body = (s: Parent) => void

function setup(gate: Gate): (scene: Scene) => Parent {
  return (scene) => {
    const parent = scene.name(alloc_boot(mdev_parent.words), 'parent', mdev_parent)
    check(gate.init(as(parent)) === 0, 'no memory')
    gate.open(as(parent))
    return {
      parent,
      gone: scene.name(alloc_boot(1), 'gone'),
      data: scene.name(alloc_boot(1), 'parent->data'),
    }
  }
}

/** A create or remove. Where the gate lets it in again when the parent has gone, it looks, as the core does (pin.ts). */
function visit(gate: Gate): Body {
  const refuses = !gate.opensAgain
  return function visitor({ parent, gone, data }) {
    const late = READ_ONCE(gone) === 1
    const cookie = gate.try_enter(as(parent))
    if (cookie < 0) return
    check(!late || !refuses, 'a newcomer passes a closed gate')
    if (READ_ONCE(gone) === 0) read(data)
    gate.exit(as(parent), cookie)
  }
}

function close(gate: Gate): Body {
  return function unregister({ parent, gone, data }) {
    gate.begin_unregister(as(parent))
    WRITE_ONCE(gone, 1)
    trace_free(data, 1, 'data')
    gate.end_unregister(as(parent))
  }
}

function gateModel(gate: Gate, suffix: string, what: string, cpus: readonly Body[]): Model {
  return defineModel<Parent>({
    name: `gate${suffix}:${gate.name}`,
    summary: `${what} (${gate.name})`,
    setup: setup(gate),
    cpus,
    ...(!gate.drains && { expect: 'use after free' }),
  })
}

function modelsOf(gate: Gate): Model[] {
  const visitor = visit(gate)
  const closer = close(gate)
  return [
    gateModel(gate, '', 'try_enter and exit, 2 rounds ‖ unregistration', [twice(visitor), closer]),
    gateModel(gate, '-3', 'two try_enter and exit ‖ unregistration', [visitor, visitor, closer]),
  ]
}

/** Models of every gate. */
export const gates: readonly Model[] = GATES.flatMap(modelsOf)
