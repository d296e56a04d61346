/**
 * Models of interrupts: after free_irq no handler runs and none will, a raise is served however it meets a handler that runs,
 * and as many raises are lost as were asked for.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { EBUSY } from '../base/errno.ts'
import {
  free_irq,
  handle_one_irq,
  irq_alloc_desc,
  irq_counts,
  irq_free_desc,
  irq_handlers,
  IRQ_HANDLED,
  irq_init,
  irq_lose,
  irq_pending,
  raise_irq,
  request_irq,
} from '../kernel/irq.ts'
import { serve, SERVE_IRQS, serve_stop } from '../kernel/service.ts'
import { workqueue_init } from '../kernel/workqueue.ts'
import { alloc_boot } from '../mem/arena.ts'
import { struct, word } from '../mem/layout.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOver } from './family.ts'

const card = struct('explored_card', {
  /** What the hardware has to say: counted up before each raise. Atomic. */
  said: word,
  /** What the handler has heard, and its runs: plain words, so two handlers at once are a data race. */
  heard: word,
  runs: word,
})
const { said: SAID, heard: HEARD, runs: RUNS } = card.offset

interface Line extends Record<string, number> {
  readonly irq: number
  readonly dev: number
  readonly stop: number
  /** One word per CPU: what its request was told. */
  readonly answers: number
}
type Body = (s: Line) => void

const listen = irq_handlers.define('explored_irq', (_irq, dev) => {
  write(dev + RUNS, read(dev + RUNS) + 1)
  write(dev + HEARD, READ_ONCE(dev + SAID))
  return IRQ_HANDLED
})

function setup(ready: Body): (scene: Scene) => Line {
  return (scene) => {
    check(workqueue_init() && irq_init(), 'no memory')
    const s = {
      irq: irq_alloc_desc(),
      dev: scene.name(alloc_boot(card.words), 'dev', card),
      stop: scene.name(alloc_boot(1), 'stop'),
      answers: scene.name(alloc_boot(3), 'answers', 3),
    }
    ready(s)
    return s
  }
}

const requested: Body = ({ irq, dev }) => check(request_irq(irq, listen, dev) === 0, 'request_irq')
function raised(s: Line): void {
  requested(s)
  raise(s)
}
/** The next raise of those to come is lost. */
function losing(s: Line): void {
  requested(s)
  irq_lose(s.irq, 1)
}

/** The hardware says something. */
function raise({ irq, dev }: Line): void {
  WRITE_ONCE(dev + SAID, READ_ONCE(dev + SAID) + 1)
  raise_irq(irq)
}
function raiseTwice(s: Line): void {
  raise(s)
  raise(s)
}
const raiseOnly: Body = ({ irq }) => raise_irq(irq)
/** Asks for one more loss while others raise, and raises. */
function loseAndRaise(s: Line): void {
  irq_lose(s.irq, 1)
  raiseOnly(s)
  raiseOnly(s)
}
function raiseAndStop(s: Line): void {
  raiseTwice(s)
  serve_stop(s.stop)
}

/** Serves what is raised now. */
function handler(): void {
  while (handle_one_irq());
}
const server: Body = ({ stop }) => serve(stop, SERVE_IRQS)

/** The driver leaves: its object is gone. */
function leaver({ irq, dev }: Line): void {
  free_irq(irq)
  trace_free(dev, card.words, card.name)
}
/** Leaves, and gives the number back. */
function giver(s: Line): void {
  leaver(s)
  irq_free_desc(s.irq)
}
/** WRONG: the object is gone before the handler is. */
function hastyLeaver({ irq, dev }: Line): void {
  trace_free(dev, card.words, card.name)
  free_irq(irq)
}

/** Asks for the line. */
function requester(cpu: number): Body {
  return function request({ irq, dev, answers }) {
    write(answers + cpu, request_irq(irq, listen, dev))
  }
}

/** The handler has run after the last word of the hardware. */
function heard({ dev }: Line): void {
  check(read(dev + HEARD) === READ_ONCE(dev + SAID), 'a raise was never served')
}
/** Unless a raise still waits to be served. */
function heardOrPending(s: Line): void {
  if (!irq_pending()) heard(s)
}
/** Of two raises one was lost. */
function lostOne(): void {
  check(irq_counts().lost === 1, `${irq_counts().lost} raises were lost, of 1`)
  check(irq_pending(), 'both raises were lost')
}
/** One was to be lost, and then one more: not more than that. */
const lostAtMostTwo: Body = () => check(irq_counts().lost <= 2, `${irq_counts().lost} raises were lost, of 2`)
function oneGotIt({ answers }: Line): void {
  const told = [read(answers), read(answers + 1)].toSorted((a, b) => a - b)
  check(told[0] === -EBUSY && told[1] === 0, `request_irq returned ${told.join(' and ')}`)
}

const model = familyOver<Line, Body>(setup, { arenaWords: 1 << 15, fold: ['mem', 'sync'] }, 'irq-')

/** Models of interrupts. */
export const interrupts: readonly Model[] = [
  model('free', 'a raise is served ‖ free_irq, then freed', raised, [handler, leaver]),
  model(
    'free-raise',
    'raised and served ‖ raised ‖ free_irq, then the number is given back',
    raised,
    [handler, raiseOnly, giver],
    { bound: 2 },
  ),
  model('free-2', 'two that serve, of a line raised twice ‖ free_irq', raised, [handler, handler, leaver], {
    bound: 1,
  }),
  model('again', 'a raise while the handler runs ‖ two that serve', raised, [handler, handler, raise], {
    finish: heardOrPending,
  }),
  model('serve', 'serve ‖ raised twice, then stop', requested, [server, raiseAndStop], {
    finish: heard,
    bound: 2,
  }),
  model('serve-3', 'two that serve ‖ raised twice, then stop', requested, [server, server, raiseAndStop], {
    finish: heard,
    bound: 1,
  }),
  model('lose', 'one raise is to be lost ‖ two raise', losing, [raiseOnly, raiseOnly], { finish: lostOne }),
  model(
    'lose-more',
    'one raise is to be lost ‖ two raise ‖ one more is',
    losing,
    [raiseOnly, raiseOnly, loseAndRaise],
    { finish: lostAtMostTwo },
  ),
  model('request', 'two ask for one line ‖ a raise of it', raiseOnly, [requester(0), requester(1), handler], {
    finish: oneGotIt,
    bound: 2,
  }),
  model('hasty', 'WRONG: the driver frees its object before its handler', raised, [handler, hastyLeaver], {
    expect: 'use after free',
  }),
]
