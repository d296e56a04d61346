export { tpm_chip_alloc, tpm_chip_put, tpm_chip_register, tpm_chip_unregister } from './chip.ts'
export { tpm_devt, tpm_put_ops, tpm_try_get_ops, tpmrm_devt } from './chip.ts'
export { tpm_counts, tpm_exit, tpm_init } from './init.ts'
export {
  tpm_chip,
  tpm_file,
  tpm_ops,
  TPM_BUFSIZE,
  TPM_HEADER_SIZE,
  type Chip,
  type TpmFile,
} from './types.ts'
export { vtpm_chip_of, vtpm_slot_create } from './vtpm.ts'
export * from './vtpm_hw.ts'
