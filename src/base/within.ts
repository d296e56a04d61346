/** A limit of time on a wait. */

/** What `done` comes to; what `late` gives or throws where that takes longer than `ms`, which may be Infinity. It leaves no timer behind. */
export async function within<T, L>(ms: number, done: Promise<T>, late: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    if (ms !== Infinity) timer = setTimeout(resolve, ms)
  })
  try {
    return await Promise.race([done, over.then(late)])
  } finally {
    clearTimeout(timer)
  }
}
