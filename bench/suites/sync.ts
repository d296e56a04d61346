/** The primitives: alone and contended, against what they must cost and against other packages. */
import type { Case } from '../case.ts'

const HOLD_NS = 200

export const cases: readonly Case[] = [
  {
    subject: 'mutex.lock+unlock',
    rows: [
      { adapter: 'atomics', variant: 'cas-cas', label: 'bare Atomics: compareExchange, compareExchange' },
      { adapter: 'atomics', variant: 'cas-store', label: 'bare Atomics: compareExchange, store' },
      { adapter: 'sync', variant: 'mutex', label: 'lockstorm mutex' },
      { adapter: 'multithreading', variant: 'mutex' },
      { adapter: 'atomics_sync', variant: 'mutex' },
    ],
    workers: [1],
  },
  {
    subject: 'mutex.lock+unlock',
    rows: [
      { adapter: 'sync', variant: 'mutex', label: 'lockstorm mutex' },
      { adapter: 'multithreading', variant: 'mutex' },
      { adapter: 'atomics_sync', variant: 'mutex' },
    ],
    workers: [2, 8],
    holdNs: HOLD_NS,
  },
  {
    subject: 'spinlock.lock+unlock',
    rows: [
      { adapter: 'atomics', variant: 'cas-store', label: 'bare Atomics: compareExchange, store' },
      { adapter: 'sync', variant: 'spinlock', label: 'lockstorm spinlock' },
      { adapter: 'atomics_sync', variant: 'spinlock' },
    ],
    workers: [1],
  },
  {
    subject: 'spinlock.lock+unlock',
    rows: [{ adapter: 'sync', variant: 'spinlock', label: 'lockstorm spinlock' }],
    workers: [2, 8],
    holdNs: HOLD_NS,
  },
  {
    subject: 'rwsem.read',
    rows: [
      { adapter: 'atomics', variant: 'add-sub', label: 'bare Atomics: add, sub' },
      { adapter: 'sync', variant: 'read', label: 'lockstorm rwsem, read' },
      { adapter: 'multithreading', variant: 'read' },
    ],
    workers: [1, 2, 8],
    excludes: false,
  },
  {
    subject: 'rwsem.write',
    rows: [
      { adapter: 'sync', variant: 'write', label: 'lockstorm rwsem, write' },
      { adapter: 'multithreading', variant: 'write' },
    ],
    workers: [1, 2, 8],
    holdNs: HOLD_NS,
  },
  {
    subject: 'srcu.read',
    rows: [
      { adapter: 'atomics', variant: 'add-sub', label: 'bare Atomics: add, sub' },
      { adapter: 'sync', variant: 'srcu', label: 'lockstorm srcu, read' },
    ],
    workers: [1, 2, 8],
    excludes: false,
  },
  {
    subject: 'kref.get+put',
    rows: [
      { adapter: 'atomics', variant: 'add-sub', label: 'bare Atomics: add, sub' },
      { adapter: 'sync', variant: 'kref', label: 'lockstorm kref' },
    ],
    workers: [1, 2, 8],
    excludes: false,
  },
  {
    subject: 'completion.complete+wait',
    rows: [
      { adapter: 'atomics', variant: 'add-sub', label: 'bare Atomics: add, sub' },
      { adapter: 'sync', variant: 'completion', label: 'lockstorm completion' },
    ],
    workers: [1],
    excludes: false,
  },
]
