/** What a runtime has that is Node or like it. The explorer imports nothing of Node, since pages and other runtimes load it, too. */

/** undefined in a page. */
export function hostProcess(): NodeJS.Process | undefined {
  return Reflect.get(globalThis, 'process') as NodeJS.Process | undefined
}

/** A module of Node, by the name that it is imported by; undefined where there is none. */
export function builtin(name: string): unknown {
  return hostProcess()?.getBuiltinModule?.(name)
}
