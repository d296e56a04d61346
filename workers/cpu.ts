/** A CPU of a machine: piscina calls the default export once per worker, and it returns at power-off. */
export { runCpu as default } from '../src/machine/cpu.ts'
