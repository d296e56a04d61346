/**
 * Models of record rings: who has not lost its record finds it there, unless a later one has taken its place.
 */
import { read, write } from '#access'
import { alloc_boot } from '../../mem/arena.ts'
import {
  ring_alloc,
  ring_claim,
  ring_commit,
  ring_number,
  ring_payload,
  ring_records,
} from '../../mem/ring.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'

interface Ringed extends Record<string, number> {
  readonly ring: number
  /** One word per CPU: what it claimed last. */
  readonly claims: number
}

function setup(records: number, cpus: number): (scene: Scene) => Ringed {
  return (scene) => {
    const ring = ring_alloc(records, 1)
    check(ring !== 0, 'no memory')
    return { ring: scene.name(ring, 'ring', 8), claims: scene.name(alloc_boot(cpus), 'claims', cpus) }
  }
}

/** Appends a record that says its number. */
function append(cpu: number): (s: Ringed) => void {
  return function append_record({ ring, claims }) {
    const claim = ring_claim(ring)
    write(ring_payload(ring, claim), ring_number(claim))
    ring_commit(ring, claim)
    write(claims + cpu, claim)
  }
}

/** Of the records that were not lost the newest of each place is there, whole. */
function finish(records: number, cpus: number): (s: Ringed) => void {
  return ({ ring, claims }) => {
    const there = ring_records(ring, 0, (n, at) => ({ n, says: read(at) }))
    for (const { n, says } of there) check(n === says, `record ${n} says ${says}`)
    const kept = Array.from({ length: cpus }, (_, cpu) => read(claims + cpu)).filter((claim) => claim >= 0)
    for (const n of kept) {
      const later = kept.some((other) => other > n && other % records === n % records)
      const found = there.some((record) => record.n === n)
      // The head counts lost records, too: an older one is out of reach then.
      const reach = n >= cpus - records
      check(later || !reach || found, `record ${n} is not there`)
    }
  }
}

function model(records: number, cpus: number): Model {
  return defineModel<Ringed>({
    name: `ring-newest-${cpus}:${records}`,
    summary: `${cpus} CPUs append a record each to a ring of ${records}: the newest that is not lost is there`,
    setup: setup(records, cpus),
    cpus: Array.from({ length: cpus }, (_, cpu) => append(cpu)),
    finish: finish(records, cpus),
  })
}

/** Models of rings. */
export const rings: readonly Model[] = [model(1, 2), model(2, 3), model(1, 3)]
