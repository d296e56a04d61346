import type { Workload } from '../workload.ts'
import { mdev } from './mdev.ts'
import { stub } from './stub.ts'

const WORKLOADS: Readonly<Record<string, Workload>> = { mdev, stub }

/** Workload of a name. Throws for an unknown one: names come from code. */
export function workloadNamed(name: string): Workload {
  const found = WORKLOADS[name]
  if (found === undefined) throw new Error(`there is no workload '${name}'`)
  return found
}
