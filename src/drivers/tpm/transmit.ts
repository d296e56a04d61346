/**
 * A command and its response, under the fence.
 *
 * The recipe for sleeping: operations are given back while asleep, "operations are gone" is part of what ends the sleep,
 * unregistration wakes the queue, and after waking operations are taken anew and tested. So no sleeper ever delays an
 * unregistration, and none is left waiting for hardware that is gone. The queue's token is taken while operations are in
 * hand: an unregistration that comes between giving them back and falling asleep has changed it.
 * The hardware has one command at a time: `busy` says whose. It is a state and not a lock held asleep, because a lock held
 * asleep would block others who hold operations.
 *
 * Context   sleeps; operations in hand on entry.
 * Source    J. Gunthorpe, 2 March 2017 ("wait_for_completion is similar, …")
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { EINTR, EPIPE, ETIME } from '../../base/errno.ts'
import { NSEC_PER_USEC } from '../../base/constants.ts'
import { poll_queue, wake_up_poll } from '../../kernel/cdev/chardev_poll.ts'
import {
  deadline_in,
  finish_wait,
  mutex_lock,
  mutex_unlock,
  prepare_to_wait,
  signal_pending,
  wait_token,
  wait_woken,
} from '../../sync/index.ts'
import { audit_enter, audit_leave } from '../../fences/audit.ts'
import { tpm_put_ops, tpm_try_get_ops } from './chip.ts'
import { TPM_BUFSIZE, tpm_chip, tpm_ops, type Chip, type TpmFile } from './types.ts'

const C = tpm_chip.offset
const MUTEX = tpm_chip.at.tpm_mutex
const WAIT = tpm_chip.at.poll_wait
const AUDIT = tpm_chip.at.audit

/** Claims the hardware for the file. True if it was free. */
function claim(chip: Chip, priv: TpmFile): boolean {
  mutex_lock(MUTEX(chip))
  const free = read(chip + C.busy) === 0
  if (free) write(chip + C.busy, priv)
  mutex_unlock(MUTEX(chip))
  return free
}

function unclaim(chip: Chip): void {
  mutex_lock(MUTEX(chip))
  write(chip + C.busy, 0)
  mutex_unlock(MUTEX(chip))
  wake_up_poll(WAIT(chip))
}

function response_ready(chip: Chip, _priv: TpmFile): boolean {
  const token = audit_enter(AUDIT(chip))
  const ready = tpm_ops.get(read(chip + C.ops)).ready(chip)
  audit_leave(AUDIT(chip), token)
  return ready
}

/**
 * Sleeps, without operations, until `ready` is true.
 * @returns 0, -EINTR or -ETIME with operations in hand; -EPIPE without, after unregistration
 */
function tpm_wait(
  chip: Chip,
  priv: TpmFile,
  ready: (chip: Chip, priv: TpmFile) => boolean,
  deadline: number,
): number {
  const wq = poll_queue.at.wq(WAIT(chip))
  for (let expired = false; ;) {
    prepare_to_wait(wq)
    const token = wait_token(wq)
    const error = ready(chip, priv) ? 1 : expired ? -ETIME : signal_pending() ? -EINTR : 0
    if (error !== 0) {
      finish_wait(wq)
      return Math.min(error, 0)
    }
    tpm_put_ops(chip)
    expired = wait_woken(wq, token, false, deadline, true) === -ETIME
    finish_wait(wq)
    if (tpm_try_get_ops(chip) !== 0) return -EPIPE
  }
}

function send(chip: Chip, buf: number, len: number): number {
  const token = audit_enter(AUDIT(chip))
  const error = tpm_ops.get(read(chip + C.ops)).send(chip, buf, len)
  audit_leave(AUDIT(chip), token)
  return error
}

function recv(chip: Chip, buf: number): number {
  const token = audit_enter(AUDIT(chip))
  const got = tpm_ops.get(read(chip + C.ops)).recv(chip, buf, TPM_BUFSIZE)
  audit_leave(AUDIT(chip), token)
  return got
}

function cancel(chip: Chip): void {
  const token = audit_enter(AUDIT(chip))
  tpm_ops.get(read(chip + C.ops)).cancel(chip)
  audit_leave(AUDIT(chip), token)
}

/** Has the hardware carry the command out. -EPIPE: operations are gone, and so is the claim's meaning. */
function carry_out(chip: Chip, priv: TpmFile, buf: number, len: number): number {
  const error = send(chip, buf, len)
  if (error !== 0) return error
  const deadline = deadline_in(read(chip + C.timeout_us) * NSEC_PER_USEC)
  const waited = tpm_wait(chip, priv, response_ready, deadline)
  if (waited === 0) return recv(chip, buf)
  if (waited !== -EPIPE) cancel(chip)
  return waited
}

/**
 * Sends the command in `buf` and puts the response in its place.
 * @returns bytes of the response, with operations in hand; or a negative errno: -EPIPE without operations, -EINTR, -ETIME or
 *   the lower driver's own (which must not be -EPIPE) with operations in hand
 */
export function tpm_transmit(chip: Chip, priv: TpmFile, buf: number, len: number): number {
  trace_enter('tpm_transmit')
  let result = tpm_wait(chip, priv, claim, Infinity)
  if (result === 0) {
    result = carry_out(chip, priv, buf, len)
    unclaim(chip)
  }
  trace_leave('tpm_transmit')
  return result
}
