/** channel, as every tool knows it: a counter of tokens, each an element of a word. */
import { read, READ_ONCE, write } from '#access'
import { as } from '../../base/addr.ts'
import * as of from '../channel.ts'
import type { Tokens } from './shapes.ts'

/** More than there are ever tokens, so that nobody waits who puts one. */
const CAPACITY = 64

function put(at: number): void {
  of.channel_send(as(at), (slot) => write(slot, 1))
}

const take = (slot: number): number => read(slot)

export const channel: Tokens = {
  name: 'channel',
  summary: 'a bounded queue: as many are received as were sent',
  layout: of.channel,
  words: of.channel_words(CAPACITY, 1),
  init(at, n) {
    of.channel_init(as(at), CAPACITY, 1)
    for (let i = 0; i < n; i++) put(at)
  },
  put,
  take: (at) => void of.channel_receive(as(at), take),
  takeFor: (at, ns) => of.channel_receive(as(at), take, ns) === 0,
  tryTake: (at) => of.channel_move(as(at), of.receiving, take, 0, false) === 0,
  count: (at) => READ_ONCE(at + of.channel.offset.count),
}
