/**
 * Words about the machine: modules, drivers and their devices, cards in slots, what a vendor's work costs, signals.
 *
 * Context   a CPU; may sleep.
 */
import { READ_ONCE } from '#access'
import { NSEC_PER_MSEC } from '../../base/constants.ts'
import { parseDuration } from '../../base/duration.ts'
import { EINTR, ENODEV, ETIME } from '../../base/errno.ts'
import { COST_CREATE, COST_REMOVE, set_cost } from '../../drivers/cost.ts'
import { switchtec_hw_answer, switchtec_hw_event, switchtec_hw_mode } from '../../drivers/switchtec/hw.ts'
import { vtpm_hw_answer, vtpm_hw_mode } from '../../drivers/tpm/vtpm_hw.ts'
import { gadget_hw_alarm } from '../../fences/card_hw.ts'
import {
  busy_nodes,
  dangling_links,
  kernel_counts,
  pci_plug,
  pci_slot_dev,
  pci_slot_hw,
  pci_surprise,
  pci_unplug,
  sysfs_list,
  sysfs_read,
  sysfs_readlink,
  sysfs_write,
  type PciSlot,
} from '../../kernel/index.ts'
import { BLOCKED_SLEEP, clear_blocked, current, set_blocked, task_struct } from '../../mem/task.ts'
import { deadline_in, or_signal, park, send_signal, signal_pending } from '../../sync/index.ts'
import { pci_slots } from '../boot.ts'
import { LIVE_MODULES, liveModule, load_module, unload_module } from '../modules.ts'
import { misuse, must, mustGive, operand, WordError, type LiveWord } from './word.ts'

const insmod: LiveWord = (call) => {
  const name = operand(call, 0, 'insmod MODULE [KEY=VALUE]')
  const found = liveModule(name)
  const known = LIVE_MODULES.map((one) => one.name).join(', ')
  if (found === undefined) throw new WordError(`insmod: there is no module ${name}, only ${known}`, 1)
  const { key = '', values = [], param } = found
  const [given, value = ''] = call.args[1]?.split('=') ?? []
  const word = given === undefined ? 0 : given === key ? param?.(value) : undefined
  if (word === undefined || call.args.length > 2) {
    throw misuse(`insmod ${name}${key === '' ? '' : ` [${key}=VALUE], VALUE one of ${values.join(', ')}`}`)
  }
  must(`insmod: ${name}`, load_module(name, word))
}

const rmmod: LiveWord = (call) => {
  const name = operand(call, 0, 'rmmod MODULE')
  must(`rmmod: ${name}`, unload_module(name))
}

const lsmod: LiveWord = ({ args, print }) => {
  const loaded = mustGive('lsmod', sysfs_list('/sys/module'))
  const width = Math.max(...LIVE_MODULES.map(({ name }) => name.length))
  for (const name of loaded) {
    const users = sysfs_read(`/sys/module/${name}/refcnt`)
    print(`${name.padEnd(width)}  ${typeof users === 'string' ? users.trim() : '?'} users`)
  }
  if (args[0] !== '-a') return
  for (const { name, summary, key } of LIVE_MODULES.filter((one) => !loaded.includes(one.name))) {
    print(`${name.padEnd(width)}  not loaded: ${summary}${key === undefined ? '' : ` [${key}=…]`}`)
  }
}

/** Directory of a device on some bus: `/sys/bus/pci/devices/0000:01:00.0`. @throws WordError */
function onBus(name: string): { readonly bus: string; readonly path: string } {
  for (const bus of mustGive('bus', sysfs_list('/sys/bus'))) {
    const here = sysfs_list(`/sys/bus/${bus}/devices`)
    if (typeof here !== 'number' && here.includes(name))
      return { bus, path: `/sys/bus/${bus}/devices/${name}` }
  }
  throw new WordError(`${name}: no bus has such a device`, 1)
}

const bind: LiveWord = (call) => {
  const name = operand(call, 0, 'bind DEVICE DRIVER')
  const driver = operand(call, 1, 'bind DEVICE DRIVER')
  must(`bind: ${name}`, sysfs_write(`/sys/bus/${onBus(name).bus}/drivers/${driver}/bind`, name))
}

const unbind: LiveWord = (call) => {
  const name = operand(call, 0, 'unbind DEVICE')
  const { bus, path } = onBus(name)
  const link = sysfs_readlink(`${path}/driver`)
  if (typeof link === 'number') throw new WordError(`unbind: ${name} has no driver`, 1)
  must(`unbind: ${name}`, sysfs_write(`/sys/bus/${bus}/drivers/${link.split('/').at(-1)}/unbind`, name))
}

function slotNamed(name: string): PciSlot {
  const slot = pci_slots().get(name)
  if (slot === undefined)
    throw new WordError(`${name}: the slots are ${[...pci_slots().keys()].join(', ')}`, 1)
  return slot
}

const plugging = (word: string, call: (slot: PciSlot) => number): LiveWord => {
  return (use) => {
    const name = operand(use, 0, `${word} SLOT`)
    must(`${word}: ${name}`, call(slotNamed(name)))
  }
}

const slots: LiveWord = ({ print }) => {
  for (const [name, slot] of pci_slots()) {
    const link = sysfs_readlink(`/sys/bus/pci/devices/${name}/driver`)
    const driver = typeof link === 'string' ? `driver ${link.split('/').at(-1)}` : 'no driver'
    print(`${name}  ${kindOf(name).padEnd(9)}  ${pci_slot_dev(slot) === 0 ? 'out' : driver}`)
  }
}

/** What the card can be told, by kind: the names of its modes stand for their numbers. */
const CARDS = {
  tpm: {
    modes: ['answers', 'holds', 'dead'],
    mode: vtpm_hw_mode,
    does: { answer: vtpm_hw_answer },
  },
  switchtec: {
    modes: ['answers', 'holds', 'fails', 'interrupts'],
    mode: switchtec_hw_mode,
    does: { answer: switchtec_hw_answer, event: (hw: number) => switchtec_hw_event(hw, 0) },
  },
  gadget: {
    modes: [] as string[],
    mode: () => {},
    does: { alarm: (hw: number) => gadget_hw_alarm(hw, 1) },
  },
} as const

/** The kinds stand in the slots in the order of CARDS, as many of each. */
function kindOf(name: string): keyof typeof CARDS {
  const kinds = Object.keys(CARDS) as (keyof typeof CARDS)[]
  const all = [...pci_slots().keys()]
  return kinds[Math.floor((all.indexOf(name) * kinds.length) / all.length)] as keyof typeof CARDS
}

const card: LiveWord = (call) => {
  const name = operand(call, 0, 'card SLOT WHAT')
  const hw = pci_slot_hw(slotNamed(name))
  const { modes, mode, does } = CARDS[kindOf(name)]
  const what = call.args[1] ?? ''
  const act = (does as Readonly<Record<string, (hw: number) => void>>)[what]
  const n = (modes as readonly string[]).indexOf(what)
  if (n < 0 && act === undefined) throw misuse(`card ${name} ${[...modes, ...Object.keys(does)].join('|')}`)
  if (act === undefined) mode(hw, n)
  else if (pci_slot_dev(slotNamed(name)) === 0) must(`card: ${name}`, -ENODEV)
  else act(hw)
}

/** Which cost, its kind, nanoseconds, distribution: numbers, which the shell has made of a cost's text. */
const cost: LiveWord = ({ args }) => {
  const [which = '', ...rest] = args
  const [kind = 0, ns = 0, distribution = 0] = rest.map(Number)
  if (which !== 'remove') set_cost(COST_CREATE, kind, ns, distribution)
  if (which !== 'create') set_cost(COST_REMOVE, kind, ns, distribution)
}

/** Sleeps interruptibly on a word of the task that nobody else writes. */
const sleep: LiveWord = (call) => {
  const ms = parseDuration(operand(call, 0, 'sleep TIME, such as 500ms or 2s'))
  if (ms === undefined) throw misuse('sleep TIME, such as 500ms or 2s')
  const word = current() + task_struct.offset.stack
  const end = deadline_in(ms * NSEC_PER_MSEC)
  const seen = READ_ONCE(word)
  set_blocked(word, BLOCKED_SLEEP)
  while (!signal_pending() && park(word, seen, or_signal(end)) !== -ETIME);
  clear_blocked()
  if (signal_pending()) must('sleep', -EINTR)
}

/** A signal to the task of a CPU. */
const signal: LiveWord = ({ args }) => {
  send_signal(Number(args[0]))
}

/** Counts of the kernel, and what must not be. */
const check: LiveWord = ({ print }) => {
  for (const [name, count] of Object.entries(kernel_counts())) print(`${name.padEnd(14)} ${count}`)
  for (const path of dangling_links()) print(`dangling: ${path}`)
  for (const path of busy_nodes()) print(`busy: ${path}`)
}

export const MACHINE_WORDS: Readonly<Record<string, LiveWord>> = {
  insmod,
  rmmod,
  lsmod,
  bind,
  unbind,
  slots,
  plug: plugging('plug', pci_plug),
  unplug: plugging('unplug', pci_unplug),
  surprise: plugging('surprise', pci_surprise),
  card,
  cost,
  sleep,
  signal,
  check,
}
