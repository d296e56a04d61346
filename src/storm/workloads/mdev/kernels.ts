import { floor } from './floor.ts'
import type { MdevKernel } from './kernel.ts'
import { real } from './real/kernel.ts'
import { stub } from './stub.ts'
import { sysfs } from './sysfs.ts'

const KERNELS: Readonly<Record<string, MdevKernel>> = { sysfs, stub, floor, real }

/** What a storm drives, by name. Throws for an unknown one: names come from code. */
export function kernelNamed(name: string): MdevKernel {
  const found = KERNELS[name]
  if (found === undefined) throw new Error(`there is no kernel '${name}' to storm`)
  return found
}
