/** Channel: channel.ts over any shared memory. */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { checkInteger } from '../../base/arguments.ts'
import { EPIPE } from '../../base/errno.ts'
import { ClosedError } from '../../base/sync_error.ts'
import { CAN_BLOCK } from '../../mem/host.ts'
import {
  channel_capacity,
  channel_close,
  channel_count,
  channel_init,
  channel_is_closed,
  channel_lock_async,
  channel_move,
  channel_move_locked,
  channel_words,
  receiving,
  sending,
  type Copy,
  type Side,
} from '../channel.ts'
import { waiting, type WaitOptions } from './asynchronous.ts'
import { tell, triedTold } from './told.ts'
import {
  codecOf,
  elementOf,
  elementWords,
  type Codec,
  type Element,
  type Integers,
  type Shape,
} from './element.ts'
import { madeBy, type Kind, type MadeKind } from './kind.ts'
import { uninitialized, where } from './misuse.ts'
import { SharedObject, type Memory } from './shared.ts'

// Before the channel's own words, which its slots follow: a `told`, and the shape of an element.
const SHAPE = 1
const CHANNEL = 2
const MAX_CAPACITY = 2 ** 24

function at(c: Addr<'channel_object'>): Addr<'channel'> {
  return as(c + CHANNEL)
}

/**
 * A bounded queue between any number of senders and receivers; elements are numbers, words or bytes.
 *
 * Order    elements come out in the order in which they went in; who of several receivers gets one is open.
 * Freed    when every call on it has returned, in all threads.
 */
export class Channel<T = number> extends SharedObject<'channel_object'> {
  protected static override readonly NAME: string = 'Channel'
  #codec: Codec | undefined

  /** The channel at a word of the memory, made by `init` before. */
  constructor(memory: Memory, address: number) {
    super(memory, address, CHANNEL + channel_words(0, 0))
  }

  /** Size in 32-bit words of a channel of that capacity and element. */
  static words(capacity: number, shape: Shape = {}): number {
    return kindOf('Channel.words', capacity, shape).words
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
    return kindOf<Element<S>>('Channel.init', capacity, shape).init(memory, address)
  }

  /** For layout: a channel of that capacity and element. */
  static of<S extends Shape = Integers>(capacity: number, shape?: S): Kind<Channel<Element<S>>> {
    return kindOf('Channel.of', capacity, shape)
  }

  /** Sends an element; waits for room. Throws a ClosedError if the channel is closed. */
  send(element: T): void {
    this.#send('send', element, Infinity)
  }

  /** Sends an element if there is room. Returns true if there was. Throws a ClosedError if the channel is closed. */
  trySend(element: T): boolean {
    return this.#send('trySend', element, 0)
  }

  /** Sends an element within `timeoutMs`; 0 tries. Returns true if it did. */
  sendFor(element: T, timeoutMs: number): boolean {
    return this.#send('sendFor', element, timeoutMs)
  }

  /** Sends an element; waits for room without blocking the thread. */
  async sendAsync(element: T, options: WaitOptions = {}): Promise<void> {
    const put = this.#put('sendAsync', element)
    this.#ended('sendAsync', await this.#async('sendAsync', options, sending, put))
  }

  /** Receives the oldest element; waits for one. Returns undefined when the channel is closed and empty. */
  receive(): T | undefined {
    return this.#receive('receive', Infinity)
  }

  /** Receives an element if there is one, otherwise undefined. */
  tryReceive(): T | undefined {
    return this.#receive('tryReceive', 0)
  }

  /** Receives an element within `timeoutMs`, otherwise undefined; 0 tries, and `closed` tells whether to go on. */
  receiveFor(timeoutMs: number): T | undefined {
    return this.#receive('receiveFor', timeoutMs)
  }

  /** Receives an element; waits for one without blocking the thread. Resolves to undefined when closed and empty. */
  async receiveAsync(options: WaitOptions = {}): Promise<T | undefined> {
    const codec = this.#made('receiveAsync')
    const error = await this.#async('receiveAsync', options, receiving, codec.take)
    return error === 0 ? (codec.value() as T) : undefined
  }

  /** Closes it: senders throw from now on, receivers get what is left. May be called again. */
  close(): void {
    this.#made('close')
    this.bound((c) => {
      channel_close(at(c))
      tell(c)
    })
  }

  /** True if it has been closed; there may be elements left. */
  get closed(): boolean {
    return this.bound((c) => channel_is_closed(at(c)))
  }

  /** Elements in it at this moment: a hint. */
  get length(): number {
    return this.bound((c) => channel_count(at(c)))
  }

  /** Elements it can hold. */
  get capacity(): number {
    return this.bound((c) => channel_capacity(at(c)))
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

  #made(method: string): Codec {
    if (this.#codec !== undefined) return this.#codec
    if (this.capacity === 0) throw uninitialized(this, method)
    return (this.#codec = codecOf(this.bound((c) => read(c + SHAPE))))
  }

  #put(method: string, element: T): Copy {
    return this.#made(method).put(where(this, method), element)
  }

  /** Returns true if the element was sent. */
  #send(method: string, element: T, timeoutMs: number): boolean {
    const put = this.#put(method, element)
    return this.#ended(method, this.#now(method, timeoutMs, sending, put))
  }

  #receive(method: string, timeoutMs: number): T | undefined {
    const codec = this.#made(method)
    const error = this.#now(method, timeoutMs, receiving, codec.take)
    return error === 0 ? (codec.value() as T) : undefined
  }

  #ended(method: string, error: number): boolean {
    if (error === -EPIPE) throw new ClosedError(`${where(this, method)}: the channel is closed`)
    return error === 0
  }

  /** Sends or receives, or tries to, and tells those that wait asynchronously. Returns its error. */
  #now(method: string, timeoutMs: number, side: Side, copy: Copy): number {
    const run = (c: Addr<'channel_object'>, ns: number): number => {
      const error = channel_move(at(c), side, copy, ns, CAN_BLOCK)
      tell(c)
      return error
    }
    return timeoutMs === 0 ? this.bound((c) => run(c, 0)) : this.timed(method, timeoutMs, run)
  }

  /** Tries until it has succeeded or never can; returns its error. */
  async #async(method: string, options: WaitOptions, side: Side, copy: Copy): Promise<number> {
    let error = 0
    const told = this.address
    const c = at(told)
    const moved = (): boolean => {
      error = channel_move_locked(c, side, copy, 0)
      return error === 0 || error === -EPIPE
    }
    // One that finds the lock taken waits for it: who has it may be another that then waits, and tells nobody.
    const way = {
      word: told as number,
      attempt(): number | undefined {
        const held = channel_lock_async(c)
        way.word = held === 0 ? told : c
        return (held === 0 ? triedTold(told, moved) : held) || undefined
      },
    }
    await waiting(this, method, options, way)
    this.bound(tell)
    return error
  }
}

function kindOf<T>(caller: string, capacity: number, shape?: Shape): MadeKind<Channel<T>> {
  checkInteger(caller, 'capacity', capacity, 1, MAX_CAPACITY)
  const element = elementWords(caller, shape)
  return madeBy(Channel<T>, CHANNEL + channel_words(capacity, element), (c) => {
    write(c, 0)
    write(c + SHAPE, elementOf(shape))
    channel_init(at(c), capacity, element)
  })
}
