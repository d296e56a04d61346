/**
 * What the flags of `lockstorm storm` accept, where no other command accepts it.
 */
import { SECOND_ORDER_LOCKS } from '../kernel/second_order.ts'
import type { Slow } from '../results/storm.ts'
import { HOLD_LOCKS, HOLD_SYNTAX, holdLock, parseHold } from '../storm/holds.ts'
import { FAULT_SYNTAX, parseFault } from '../storm/workloads/mdev/fault.ts'
import { Refused, type Kind } from './kinds.ts'
import { didYouMean } from './usage.ts'

export const hold: Kind<NonNullable<ReturnType<typeof parseHold>>> = {
  accepts: HOLD_SYNTAX,
  parse: (word) => {
    const [name = ''] = word.split('=')
    if (holdLock(name) !== undefined) return parseHold(word)
    return new Refused(`LOCK is one of ${HOLD_LOCKS.join(', ')}${didYouMean(name, HOLD_LOCKS)}`)
  },
  right: 'kernfs_rwsem=1us',
  wrong: ['kernfs=20us', 'kernfs_rwsem', 'kernfs_rwsem=20', 'kernfs_rwsem=11ms'],
}

export const fault: Kind<NonNullable<ReturnType<typeof parseFault>>> = {
  accepts: FAULT_SYNTAX,
  parse: parseFault,
  right: 'throw:1@1',
  wrong: ['spin', 'spin:1', 'trip:1@1'],
}

export const directory: Kind<string> = {
  accepts: 'a directory',
  parse: (name) => (name === '' ? undefined : name),
  right: '/sys',
  wrong: [],
}

export const word: Kind<string> = {
  accepts: 'a name without slashes',
  parse: (name) => (name === '' || name.includes('/') ? undefined : name),
  right: 'mtty-2',
  wrong: ['a/b'],
}

export const secondOrder: Kind<string> = {
  accepts: `on, off, or some of ${SECOND_ORDER_LOCKS.join(', ')}`,
  parse: (word) => ['on', 'off', ...SECOND_ORDER_LOCKS].find((name) => name === word),
  right: 'off',
  wrong: ['maybe', 'kernfs_rwsem'],
}

export const slow: Kind<Slow> = {
  accepts:
    'NAME=SHARE, the name of a strategy and how much longer its operations are to take, such as srcu=25%, from 1% to 400%',
  parse: (word) => {
    const [, strategy = '', percent] = /^([^=]+)=(\d+(?:\.\d+)?)%$/.exec(word) ?? []
    const value = Number(percent)
    return value >= 1 && value <= 400 ? { strategy, share: value / 100 } : undefined
  },
  right: 'global=25%',
  wrong: ['global', 'global=25', 'global=0%', 'global=401%', '=25%', 'global=-5%'],
}
