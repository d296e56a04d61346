// The long soaks, one after the other: 1,000 storms of 128 devices under every strategy with a gate, then parents that come and
// go, then duplicates, then churn with a lock per directory; every torture type, then the litmus tests; every scenario under every
// strategy a hundred times; then a device that is unplugged for a minute under each fence, and VFIO users beside removals,
// hot-unplug and mode changes for a minute; the largest storm on a busy
// machine; the controls of both, which must be caught, and so must the mutants. Ends at the first that does not come out as expected.
import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { build } from './build.mjs'

const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url))
const GUARDED = 'rwsem,refcount,srcu,modern,sharded'
const SOAKS = [
  `storm --vendor none --rounds 1000 --warmup 20 --strategies ${GUARDED}`,
  `storm --vendor none,busy:20us --rounds 200 --hotplug 0.05 --affinity spread --strategies ${GUARDED}`,
  `storm --vendor none --rounds 200 --duplicates 0.2 --affinity random --strategies all`,
  `storm --vendor none --rounds 200 --phase churn --second-order off --affinity random --strategies ${GUARDED}`,
  'torture all --duration 60s',
  'litmus --duration 3s',
  'scenario --matrix --repeat 100',
  'storm --workload unplug --fence all --duration 60s --cpus 8 --sleepers 100',
  'storm --workload vfio --duration 60s',
  'conformance',
  'explore matrix',
  'explore fuzz --programs 4000',
]
/** They exit with 1: the bare flag is found out, and so are users who forget to close, or give a reference back too early. */
const CAUGHT = [
  'storm --workload unplug --fence flag --duration 60s --cpus 8 --sleepers 0',
  'storm --workload vfio --duration 10s --control leak',
  'storm --workload vfio --duration 60s --control early-put',
]

/** Ends the process if the command's exit code is another one than `expected`. */
function run(soak, expected) {
  process.stdout.write(`lockstorm ${soak}\n`)
  const { status } = spawnSync(process.execPath, [main, ...soak.split(' ')], { stdio: 'inherit' })
  if (status !== expected) process.exit(status || 3)
}

/** The largest storm while four processes per core are busy: slow is not stuck. */
const LOADED = `storm --vendor none --parents 256 --devices 16 --rounds 2 --warmup 1 --strategies ${GUARDED}`
const BUSY_PER_CORE = 4

/** Runs a command while the machine is busy with something else. */
function runUnderLoad(soak, expected) {
  const others = Array.from({ length: BUSY_PER_CORE * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);']),
  )
  const stop = () => others.forEach((other) => other.kill())
  process.once('exit', stop)
  run(soak, expected)
  process.off('exit', stop)
  stop()
}

build()
for (const soak of SOAKS) run(soak, 0)
runUnderLoad(LOADED, 0)
for (const soak of CAUGHT) run(soak, 1)
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('mutate.mjs', import.meta.url))], {
  stdio: 'inherit',
})
process.exit(status ?? 3)
