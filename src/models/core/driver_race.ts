/**
 * A race of devices and drivers, and the models it becomes.
 */
import { defineModel, type Model } from '../../define/model.ts'
import { machine, type Body, type Machine } from './machine.ts'
import { BOOTED } from './world.ts'

/** One race on the machine. */
export interface Race {
  readonly name: string
  readonly what: string
  /** What is there before; what it returns is added to the state. */
  readonly before?: (s: Machine) => Readonly<Record<string, number>> | void
  readonly cpus: readonly Body[]
  readonly finish: (s: Machine) => void
  readonly bound?: number
  readonly expect?: Model['expect']
}

/** The races under both schemes of locking. */
export function driverModels(races: readonly Race[]): Model[] {
  return [true, false].flatMap((secondOrder) =>
    races.map(({ name, what, before, cpus, finish, bound, expect }) =>
      defineModel<Machine>({
        name: `driver-${name}:${secondOrder ? 'global' : 'sharded'}`,
        summary: what,
        setup: machine(secondOrder, cpus.length, before),
        cpus,
        finish,
        ...BOOTED,
        ...(bound !== undefined && { bound }),
        ...(expect !== undefined && { expect }),
      }),
    ),
  )
}
