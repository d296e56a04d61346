/**
 * Where a run took place: part of every result, because a time without its machine says nothing.
 */
import { availableParallelism, cpus } from 'node:os'
import type { Environment } from './storm.ts'

/** The machine, the engine, the moment. */
export function environment(): Environment {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    arch: process.arch,
    date: new Date().toISOString(),
  }
}
