/**
 * A machine that cases run on: the actions that are not files, and what a case must remember for a later one.
 *
 * Context   main, which is CPU 0; a removal that blocks runs on CPU 1 meanwhile.
 */
import { read, READ_ONCE } from '#access'
import { setTimeout as pause } from 'node:timers/promises'
import { as, type Addr } from '../base/addr.ts'
import { symbolName } from '../base/symbols.ts'
import { delete_module, printk_records, sysfs_write, uevent_count, uevent_records } from '../kernel/index.ts'
import { dev_get_drvdata } from '../kernel/device/device.ts'
import { runBodies } from '../machine/bodies.ts'
import { task_of, task_struct } from '../mem/task.ts'
import { send_signal } from '../sync/index.ts'
import { vfio_device } from '../vfio/types.ts'
import type { Action, Answer, DriverName, MachineName } from './case.ts'
import { bootMachine, loadDriver } from './boot.ts'
import { answer, objectOf, okOr, OpenFiles, onFiles } from './files.ts'
import { gt8_fail_next } from './gt8.ts'
import { runRace } from './races.ts'
import { AVAILABLE, CREATE, onBus, remove } from './recorded/places.ts'
import { VfioUser } from './user.ts'

const THREADS = new URL('./threads.js', import.meta.url)
const REMOVER = 1
const LOOK_MS = 2
const FULL = 24
const TASK = / task "[^"]*" \(\d+\) /

/** A booted machine on which the cases of one section run, in order. */
export class ConformanceMachine {
  readonly #sab: SharedArrayBuffer
  readonly #files = new OpenFiles()
  readonly #user = new VfioUser()
  #module: Addr<'module'> = as(0)
  #logFrom: number
  #eventsFrom: number
  #removal: Promise<number[]> | undefined

  constructor(name: MachineName) {
    this.#sab = bootMachine(name)
    if (name === 'mtty') this.#module = loadDriver(name)
    // In the session with all three drivers vfio came with the first of them: what it says is compared.
    this.#logFrom = name === 'samples, not loaded' ? 0 : printk_records().length
    this.#eventsFrom = uevent_count()
    // Loading gt8 was recorded with its cases.
    if (name === 'gt8') this.#module = loadDriver(name)
  }

  /** Runs one action. */
  async run(action: Action): Promise<Answer> {
    const found = onFiles(action, this.#files)
    if (found !== undefined) return found
    if (action.do === 'log') return this.#log()
    if (action.do === 'uevents') return this.#uevents()
    if (action.do === 'race') return runRace(action.name, this.#sab, action.threads, this.#module)
    if (action.do === 'call') return this.#call(action.name, action.arg ?? '')
    throw new Error(`nobody knows how to ${action.do}`)
  }

  #log(): Answer {
    const all = printk_records()
    const lines = all.slice(this.#logFrom).map(({ text }) => text.replace(TASK, ' task "…" (…) '))
    this.#logFrom = all.length
    return lines
  }

  #uevents(): Answer {
    const found = uevent_records(this.#eventsFrom)
    this.#eventsFrom = uevent_count()
    return found.map(({ env }) => env.slice(0, -1).join(' '))
  }

  async #call(name: string, arg: string): Promise<Answer> {
    switch (name) {
      case 'modprobe':
        this.#module = loadDriver((arg === '' ? 'mtty' : arg) as DriverName)
        return okOr(this.#module)
      case 'rmmod':
        return okOr(delete_module(this.#module))
      case 'rmmod mdev':
        return 'it is built in'
      case 'forget log':
        this.#log()
        return 'ok'
      case 'forget uevents':
        this.#uevents()
        return 'ok'
      case 'probe answers':
        gt8_fail_next(Number(arg))
        return 'ok'
      case 'fill':
        return this.#fill()
      case 'count':
        return (onFiles({ do: 'list', path: arg }, this.#files) as readonly string[]).length
      case 'sequence numbers rise by one':
        return uevent_records().every(({ seqnum }, i) => seqnum === i + 1) ? 'yes' : 'no'
      case 'start a removal and wait until it waits':
        return this.#startRemoval(arg)
      case 'where the remover waits':
        return symbolName(read(task_of(REMOVER) + task_struct.offset.where))
      case 'signal the remover and wait for the log':
        return this.#signal()
      case 'the removal returns':
        return answer((await this.#removal)?.[0] ?? 0)
      case 'create while a removal is under way':
        return this.#createMeanwhile(arg)
      default:
        return this.#user.call(name, arg)
    }
  }

  /** Creates devices of the first type until one is refused. */
  #fill(): Answer {
    for (let n = 1; n <= FULL; n++) {
      const ret = sysfs_write(CREATE, `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`)
      if (ret < 0) return `${String(answer(ret))} after ${n - 1}`
    }
    return `never; ${String(onFiles({ do: 'read', path: AVAILABLE }, this.#files))} are left`
  }

  /** A thread writes to `remove` of a device that is open; answers once it has asked the user for the first time. */
  async #startRemoval(uuid: string): Promise<Answer> {
    const dev = as<'device'>(objectOf(onBus(uuid)))
    const vdev = dev_get_drvdata(dev)
    const files = new OpenFiles()
    files.open(remove(uuid), REMOVER, 'w')
    const arg = { files: [files.get(REMOVER)], text: '1' }
    const body = { module: THREADS, body: 'writeOnce', arg, timeoutMs: 300_000 }
    this.#removal = runBodies<number>({ sab: this.#sab, cpus: 1, firstCpu: REMOVER, ...body })
    while (READ_ONCE(vdev + vfio_device.offset.requests) === 0) await pause(LOOK_MS)
    return 'ok'
  }

  async #signal(): Promise<Answer> {
    send_signal(REMOVER)
    while (printk_records().length === this.#logFrom) await pause(LOOK_MS)
    return 'ok'
  }

  /** The device is open, so the removal cannot end before the create was answered. */
  async #createMeanwhile(uuid: string): Promise<Answer> {
    sysfs_write(CREATE, uuid)
    this.#user.call('open device', uuid)
    await this.#startRemoval(uuid)
    const got = answer(sysfs_write(CREATE, uuid))
    this.#user.call('close device', '')
    await this.#removal
    return got
  }
}
