/**
 * Models of the strong fence of TPM chips: after tpm_chip_unregister has returned nothing runs in the lower driver, nobody who
 * waits for the hardware delays it, and none is left asleep.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { EIO, EPIPE } from '../base/errno.ts'
import { audit_late } from '../fences/audit.ts'
import {
  tpm_chip,
  tpm_chip_alloc,
  tpm_chip_put,
  tpm_chip_register,
  tpm_chip_unregister,
  tpm_file,
  tpm_init,
  tpm_ops,
  tpm_put_ops,
  tpm_try_get_ops,
} from '../drivers/tpm/index.ts'
import { tpm_transmit } from '../drivers/tpm/transmit.ts'
import { get_device } from '../kernel/device/device.ts'
import { devm_add_action, devres_actions, devres_release_all, live_devres } from '../kernel/device/devres.ts'
import { alloc_boot } from '../mem/arena.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'
import { bootChardevs } from './boot.ts'
import { twice } from './bodies.ts'

interface Fenced extends Record<string, number> {
  readonly chip: number
  /** The lower driver's memory, freed after unregistration. */
  readonly lower: number
  readonly priv: number
}

const LOWER = tpm_chip.offset.lower
const OPS = tpm_chip.offset.ops
const BUSY = tpm_chip.offset.busy
const LOWER_WORDS = 2

/** A lower driver whose hardware takes a command and never answers. */
const SILENT = tpm_ops.define('explored_tpm', {
  send(chip) {
    const lower = read(chip + LOWER)
    write(lower, read(lower) + 1)
    return 0
  },
  ready: (chip) => read(read(chip + LOWER)) < 0,
  recv: () => -EIO,
  cancel() {},
})

function setup(scene: Scene): Fenced {
  bootChardevs()
  check(tpm_init() === 0, 'tpm_init')
  const lower = scene.name(alloc_boot(LOWER_WORDS), 'lower', LOWER_WORDS)
  const chip = scene.name(tpm_chip_alloc(as(0), SILENT, lower), 'chip', tpm_chip)
  check(chip > 0 && tpm_chip_register(as(chip)) === 0, 'no chip')
  get_device(tpm_chip.at.dev(as(chip))) // that of an open file
  return { chip, lower, priv: scene.name(alloc_boot(tpm_file.words), 'priv', tpm_file) }
}

/** Looks at the lower driver with operations in hand. */
function user({ chip, lower }: Fenced): void {
  const error = tpm_try_get_ops(as(chip))
  check(error === 0 || error === -EIO, `tpm_try_get_ops returned ${error}`)
  if (error !== 0) return
  read(lower)
  tpm_put_ops(as(chip))
}

/** Sends a command and waits for an answer that does not come. */
function sender({ chip, priv }: Fenced): void {
  if (tpm_try_get_ops(as(chip)) !== 0) return
  const result = tpm_transmit(as(chip), as(priv), priv, 0)
  check(result === -EPIPE, `tpm_transmit returned ${result}`)
}

function unregister({ chip, lower }: Fenced): void {
  tpm_chip_unregister(as(chip))
  trace_free(lower, LOWER_WORDS, 'lower')
}

const LOWER_GONE = devres_actions.define('explored_tpm_lower', (_dev, lower) => {
  trace_free(lower, LOWER_WORDS, 'lower')
})

/** WRONG: what belongs to the hardware is a managed resource of the chip's device, in place of its parent's. */
function setupManaged(scene: Scene): Fenced {
  const s = setup(scene)
  check(devm_add_action(tpm_chip.at.dev(as(s.chip)), LOWER_GONE, s.lower) === 0, 'devm_add_action')
  return s
}
/** device_del releases what a device without a driver has, since 699fb50d9903 (6.6): that is before the fence. */
function unregisterSince({ chip }: Fenced): void {
  devres_release_all(tpm_chip.at.dev(as(chip)))
  tpm_chip_unregister(as(chip))
}
/** Before, it goes with the last reference, which an open file has. */
function unregisterBefore({ chip }: Fenced): void {
  tpm_chip_unregister(as(chip))
  tpm_chip_put(as(chip))
  check(live_devres() === 0, 'the driver has gone, and a resource of its hardware is left')
}

/** Somebody has the hardware and does not let go: who wants it too can be woken by unregistration only. */
function setupBusy(scene: Scene): Fenced {
  const s = setup(scene)
  write(s.chip + BUSY, s.chip)
  return s
}

/** WRONG: looks whether there are operations, without taking them. */
function careless({ chip, lower }: Fenced): void {
  if (read(chip + OPS) !== 0) read(lower)
}

const fence = family<Fenced>({
  setup,
  finish: ({ chip }) =>
    check(audit_late(tpm_chip.at.audit(as(chip))) === 0, 'an operation ran after the fence'),
  maxSteps: 2000,
  arenaWords: 1 << 18,
  fold: ['mem', 'sync', 'kernel'],
})

/** Models of the fence. */
export const fences: readonly Model[] = [
  fence('tpm-fence', 'operations taken and given back, 2 rounds ‖ tpm_chip_unregister', [
    twice(user),
    unregister,
  ]),
  fence('tpm-fence-3', 'two users of operations ‖ tpm_chip_unregister', [user, user, unregister], {
    bound: 2,
  }),
  fence('tpm-transmit', 'a command that is never answered ‖ tpm_chip_unregister', [sender, unregister]),
  fence('tpm-busy', 'one who waits for busy hardware ‖ tpm_chip_unregister', [sender, unregister], {
    setup: setupBusy,
  }),
  fence(
    'tpm-managed',
    "WRONG: the hardware's resources hang on the chip's device: an operation ‖ tpm_chip_unregister, since 6.6 (699fb50d9903)",
    [user, unregisterSince],
    { setup: setupManaged, expect: 'use after free' },
  ),
  fence(
    'tpm-managed-before',
    'WRONG: the same before 6.6 (699fb50d9903), with a file open',
    [user, unregisterBefore],
    { setup: setupManaged, expect: 'assertion' },
  ),
  fence(
    'tpm-no-fence',
    'WRONG: the lower driver is used without operations in hand',
    [careless, unregister],
    { expect: 'data race' },
  ),
]
