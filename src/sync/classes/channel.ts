/** Channel: channel.ts over any shared memory. */
import { read, write } from '#access'
import type { Addr } from '../../base/addr.ts'
import { EPIPE } from '../../base/errno.ts'
import { ClosedError } from '../../base/sync_error.ts'
import { CAN_BLOCK } from '../../mem/host.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import {
  channel,
  channel_close,
  channel_init,
  channel_receive,
  channel_send,
  channel_try_receive,
  channel_try_send,
  type Copy,
} from '../channel.ts'
import { checkInteger } from './arguments.ts'
import { toldWay, waiting, type WaitOptions } from './asynchronous.ts'
import { tell } from './told.ts'
import {
  codecOf,
  elementOf,
  elementWords,
  type Codec,
  type Element,
  type Integers,
  type Shape,
} from './element.ts'
import type { Kind } from './kind.ts'
import { uninitialized, where } from './misuse.ts'
import { SharedObject, type Memory } from './shared.ts'

// The channel's own words come last: its slots follow them.
const channel_object = struct('channel_object', {
  told: word,
  shape: word,
  channel: embed(channel),
})
const { told: TOLD, shape: SHAPE, channel: CHANNEL } = channel_object.offset
const CAPACITY = CHANNEL + channel.offset.capacity
const MAX_CAPACITY = 2 ** 24

function at(c: Addr<'channel_object'>): Addr<'channel'> {
  return (c + CHANNEL) as Addr<'channel'>
}

/**
 * A bounded queue between any number of senders and receivers; elements are numbers, words or bytes.
 *
 * Order    elements come out in the order in which they went in; who of several receivers gets one is open.
 * Freed    when every call on it has returned, in all threads.
 */
export class Channel<T = number> extends SharedObject<'channel_object'> {
  #codec: Codec | undefined

  /** The channel at a word of the memory, made by `init` before. */
  constructor(memory: Memory, address: number) {
    super(memory, address, channel_object.words)
  }

  /** Size in 32-bit words of a channel of that capacity and element. */
  static words(capacity: number, shape: Shape = {}): number {
    checkInteger('Channel.words', 'capacity', capacity, 1, MAX_CAPACITY)
    return channel_object.words + capacity * elementWords('Channel.words', shape)
  }

  /**
   * Makes an empty channel. One thread does it, before the others use it.
   * @param capacity elements it holds before senders wait
   * @param shape nothing: elements are 32-bit integers; `{ words: n }`: Int32Arrays of n; `{ bytes: n }`: Uint8Arrays of at most n
   */
  static init<S extends Shape = Integers>(
    memory: Memory,
    address: number,
    capacity: number,
    shape?: S,
  ): Channel<Element<S>> {
    const made = new Channel<Element<S>>(memory, address)
    const words = Channel.words(capacity, shape)
    checkInteger(
      'Channel.init',
      `the address of its ${words} words`,
      made.address,
      0,
      made.view.length - words,
    )
    made.bound((c) => {
      write(c + TOLD, 0)
      write(c + SHAPE, elementOf(shape))
      channel_init(at(c), capacity, elementWords('Channel.init', shape))
    })
    return made
  }

  /** For layout: a channel of that capacity and element. */
  static of<S extends Shape = Integers>(capacity: number, shape?: S): Kind<Channel<Element<S>>> {
    return {
      words: Channel.words(capacity, shape),
      at: (memory, address) => new Channel<Element<S>>(memory, address),
      init: (memory, address) => Channel.init(memory, address, capacity, shape),
    }
  }

  /** Sends an element; waits for room. Throws a ClosedError if the channel is closed. */
  send(element: T): void {
    this.#send('send', element, (put) => this.blocking('send', 'sendAsync', (c) => channel_send(at(c), put)))
  }

  /** Sends an element if there is room. Returns true if there was. Throws a ClosedError if the channel is closed. */
  trySend(element: T): boolean {
    return this.#send('trySend', element, (put) =>
      this.bound((c) => (CAN_BLOCK ? channel_send(at(c), put, 0) : channel_try_send(at(c), put))),
    )
  }

  /** Sends an element within `timeoutMs`. Returns true if it did. */
  sendFor(element: T, timeoutMs: number): boolean {
    return this.#send('sendFor', element, (put) =>
      this.timed('sendFor', 'sendAsync', timeoutMs, (c, ns) => channel_send(at(c), put, ns)),
    )
  }

  /** Sends an element; waits for room without blocking the thread. */
  async sendAsync(element: T, options: WaitOptions = {}): Promise<void> {
    const put = this.#made('sendAsync').put(where(this, 'sendAsync'), element)
    const error = await this.#async('sendAsync', options, (c) => channel_try_send(c, put))
    this.#ended('sendAsync', error)
  }

  /** Receives the oldest element; waits for one. Returns undefined when the channel is closed and empty. */
  receive(): T | undefined {
    return this.#receive('receive', (take) =>
      this.blocking('receive', 'receiveAsync', (c) => channel_receive(at(c), take)),
    )
  }

  /** Receives an element if there is one, otherwise undefined. */
  tryReceive(): T | undefined {
    return this.#receive('tryReceive', (take) =>
      this.bound((c) => (CAN_BLOCK ? channel_receive(at(c), take, 0) : channel_try_receive(at(c), take))),
    )
  }

  /** Receives an element within `timeoutMs`, otherwise undefined; `closed` tells whether to go on. */
  receiveFor(timeoutMs: number): T | undefined {
    return this.#receive('receiveFor', (take) =>
      this.timed('receiveFor', 'receiveAsync', timeoutMs, (c, ns) => channel_receive(at(c), take, ns)),
    )
  }

  /** Receives an element; waits for one without blocking the thread. Resolves to undefined when closed and empty. */
  async receiveAsync(options: WaitOptions = {}): Promise<T | undefined> {
    const codec = this.#made('receiveAsync')
    const error = await this.#async('receiveAsync', options, (c) => channel_try_receive(c, codec.take))
    return error === 0 ? (codec.value() as T) : undefined
  }

  /** Closes it: senders throw from now on, receivers get what is left. May be called again. */
  close(): void {
    this.#made('close')
    this.bound((c) => {
      channel_close(at(c))
      tell(c + TOLD)
    })
  }

  /** True if it has been closed; there may be elements left. */
  get closed(): boolean {
    return this.bound((c) => read(c + CHANNEL + channel.offset.closed)) !== 0
  }

  /** Elements in it at this moment: a hint. */
  get length(): number {
    return this.bound((c) => read(c + CHANNEL + channel.offset.count))
  }

  /** Elements it can hold. */
  get capacity(): number {
    return this.bound((c) => read(c + CAPACITY))
  }

  /** Receives, blocking, until it is closed and empty. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let element = this.receive(); element !== undefined; element = this.receive()) yield element
  }

  /** Receives, without blocking, until it is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (
      let element = await this.receiveAsync();
      element !== undefined;
      element = await this.receiveAsync()
    ) {
      yield element
    }
  }

  protected override get name(): string {
    return 'Channel'
  }

  #made(method: string): Codec {
    if (this.#codec !== undefined) return this.#codec
    if (this.capacity === 0) throw uninitialized(this, method)
    return (this.#codec = codecOf(this.bound((c) => read(c + SHAPE))))
  }

  /** Runs an operation and tells those that wait asynchronously. Returns true if the element was sent. */
  #send(method: string, element: T, operation: (put: Copy) => number): boolean {
    const error = operation(this.#made(method).put(where(this, method), element))
    this.bound((c) => {
      tell(c + TOLD)
    })
    return this.#ended(method, error)
  }

  #receive(method: string, operation: (take: Copy) => number): T | undefined {
    const codec = this.#made(method)
    const error = operation(codec.take)
    this.bound((c) => {
      tell(c + TOLD)
    })
    return error === 0 ? (codec.value() as T) : undefined
  }

  #ended(method: string, error: number): boolean {
    if (error === -EPIPE) throw new ClosedError(`${where(this, method)}: the channel is closed`)
    return error === 0
  }

  /** Waits until the operation has succeeded or never can; returns its error. */
  async #async(
    method: string,
    options: WaitOptions,
    operation: (c: Addr<'channel'>) => number,
  ): Promise<number> {
    let error = 0
    const way = toldWay(this.address + TOLD, () => {
      error = operation(at(this.address))
      return error === 0 || error === -EPIPE
    })
    await waiting(this, method, options, way)
    this.bound((c) => {
      tell(c + TOLD)
    })
    return error
  }
}
