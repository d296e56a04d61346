/**
 * What was recorded from a kernel, as data: something that user space does, and what it got.
 *
 * A section is a machine that is booted afresh and a list of cases, run in order. A case that comes out otherwise here, and
 * is known to, says so with the reason's name in docs/conformance.md; then exactly that other answer is expected.
 */

/** Text, number of bytes, name of an errno, or several lines. */
export type Answer = string | number | readonly string[]

/** Something that user space does. */
export type Action =
  | { readonly do: 'write'; readonly path: string; readonly text: string }
  | { readonly do: 'read' | 'list' | 'link' | 'mode' | 'exists'; readonly path: string }
  /** Through a file that was opened before: `open` keeps it under its number. */
  | { readonly do: 'open'; readonly path: string; readonly file: number; readonly flags: 'r' | 'w' }
  | { readonly do: 'write to'; readonly file: number; readonly text: string }
  | { readonly do: 'read from'; readonly file: number }
  /** Lines of the log, or uevents, since the last such case. */
  | { readonly do: 'log' | 'uevents' }
  /** One of the machine's own: load a module, open a device. `arg` picks what. */
  | { readonly do: 'call'; readonly name: string; readonly arg?: string }
  /** Several threads at once; what they got is summed up. */
  | { readonly do: 'race'; readonly name: string; readonly threads: number }

/** See the head of this file. */
export interface Case {
  readonly action: Action
  readonly was: Answer
  /** Here it is something else. */
  readonly differs?: { readonly is: Answer; readonly why: string }
}

/** Machines that sections run on. */
export type MachineName = 'mtty' | 'mtty, not loaded' | 'samples, not loaded' | 'gt8'

/** Drivers that they load. */
export type DriverName = 'mtty' | 'mdpy' | 'mbochs' | 'gt8'

/** Cases on one machine. */
export interface Section {
  readonly name: string
  readonly machine: MachineName
  readonly cases: readonly Case[]
}

/** One case. */
export function recorded(action: Action, was: Answer): Case {
  return { action, was }
}

/** The case differs here, for the reason of that name. */
export function but(one: Case, is: Answer, why: string): Case {
  return { ...one, differs: { is, why } }
}

/** One write, with what it returned. */
export function write(path: string, text: string, was: Answer): Case {
  return recorded({ do: 'write', path, text }, was)
}

/** The whole of a file. */
export function read(path: string, was: Answer): Case {
  return recorded({ do: 'read', path }, was)
}

/** Names in a directory. */
export function list(path: string, ...was: string[]): Case {
  return recorded({ do: 'list', path }, was)
}

/** Target of a link. */
export function link(path: string, was: Answer): Case {
  return recorded({ do: 'link', path }, was)
}

/** Lines that the log has gained. */
export function log(...was: string[]): Case {
  return recorded({ do: 'log' }, was)
}

/** Uevents since the last look, `KEY=VALUE` in order, without DEVPATH's repetition in the header and without SEQNUM. */
export function uevents(...was: string[]): Case {
  return recorded({ do: 'uevents' }, was)
}

/** Something that the machine knows by name. */
export function call(name: string, was: Answer, arg?: string): Case {
  return recorded({ do: 'call', name, ...(arg !== undefined && { arg }) }, was)
}

/** Lines of the log, or uevents, that are not compared, and why: a reason that is printed with the case. */
export function forget(what: 'log' | 'uevents', why: string): Case {
  return recorded({ do: 'call', name: `forget ${what}`, arg: why }, 'ok')
}

/** What so many threads got. */
export function race(name: string, threads: number, was: Answer): Case {
  return recorded({ do: 'race', name, threads }, was)
}

/** A directory: the names, and of each what `ls -l` shows: `/`, a mode such as `0200`, or `-> target`. */
export function dir(path: string, entries: Readonly<Record<string, string>>): Case[] {
  const each = Object.entries(entries).map(([name, what]) =>
    what.startsWith('-> ')
      ? link(`${path}/${name}`, what.slice(3))
      : recorded({ do: 'mode', path: `${path}/${name}` }, what),
  )
  return [list(path, ...Object.keys(entries).toSorted()), ...each]
}

/** What a case does, in a line. */
export function describeAction(action: Action): string {
  switch (action.do) {
    case 'write':
      return `write ${JSON.stringify(action.text)} to ${action.path}`
    case 'open':
      return `open ${action.path} (${action.flags}) as ${action.file}`
    case 'write to':
      return `write ${JSON.stringify(action.text)} to the file opened as ${action.file}`
    case 'read from':
      return `read from the file opened as ${action.file}`
    case 'call':
      return action.arg === undefined ? action.name : `${action.name}: ${action.arg}`
    case 'race':
      return `${action.threads} threads: ${action.name}`
    case 'log':
    case 'uevents':
      return action.do
    case 'read':
    case 'list':
    case 'link':
    case 'mode':
    case 'exists':
      break
  }
  return `${action.do} ${action.path}`
}
