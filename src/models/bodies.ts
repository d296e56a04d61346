/** Bodies of models, made of others. */

/** The same body, under a name of its own: it heads a column of the ladder. */
export function named<B extends (...args: never[]) => void>(name: string, body: B): B {
  return Object.defineProperty(body, 'name', { value: name })
}

/** The same body, two rounds. */
export function twice<S>(body: (s: S) => void): (s: S) => void {
  return named(body.name, (s: S) => {
    body(s)
    body(s)
  })
}
