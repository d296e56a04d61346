/**
 * A TPM command waits for its response while the card goes.
 *
 *   cpu-0                                   cpu-1
 *   -----                                   -----
 *                                           tpm_transmit()
 *                                             tpm_put_ops()
 *                                             /* sleeps without operations *\/
 *   tpm_chip_unregister()
 *     down_write(&chip->ops_sem)
 *     chip->ops = NULL
 *     wake_up()
 *                                             tpm_try_get_ops()
 *                                             return -EPIPE
 */
import { tpmOpen, unplugCard, writeTpm } from '../kit/chardev.ts'
import { END, once, prevented, step, type Scenario } from '../../define/race.ts'
import { STORY, THREAD } from './common.ts'

export const tpm_sleeper: Scenario = {
  name: 'tpm-sleeper',
  title: 'a TPM command waits for its response while the card is unplugged',
  source: `${THREAD}: Jason Gunthorpe, 2 March 2017`,
  symptom: 'unregistration waits for hardware that is gone',
  fix: 'drop the rwsem while sleeping, and test ops after waking',
  ...STORY,
  ...once('none', prevented('ok EPIPE')),
  setup: tpmOpen,
  cpus: [unplugCard, writeTpm],
  schedule: [step(1, END), step(0, END), step(1, END)],
  check: ({ answers }) => ({ happened: answers.includes('hangs') }),
}
