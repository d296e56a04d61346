// The locks of the npm package multithreading that block a thread, as they are. It loads where there is a global navigator: Node 21.
//   npm install multithreading
//   lockstorm torture ./examples/multithreading.js --duration 20s
//   lockstorm explore ./examples/multithreading.js
if (!('navigator' in globalThis)) {
  throw new Error(`multithreading needs Node 21 or newer, and this is Node ${process.versions.node}`)
}
const { Mutex, RwLock, Semaphore } = await import('multithreading').catch(() => {
  throw new Error('multithreading is not installed: npm install multithreading')
})

// Its objects make a view of the beginning of a buffer. Here they get the view that is given, wherever it begins.
function over(view, make) {
  const { Int32Array } = globalThis
  globalThis.Int32Array = function () {
    return view
  }
  try {
    return make()
  } finally {
    globalThis.Int32Array = Int32Array
  }
}

// What a thread has taken is given back by what taking it returned.
const taken = []
const take = (made, way) => (view, thread) => {
  taken[thread] = over(view, made)[way]()
}
const give = (_view, thread) => taken[thread].dispose()

const mutex = () => new Mutex(undefined, new SharedArrayBuffer(4))
const rwLock = () => new RwLock(undefined, new SharedArrayBuffer(4))
const semaphore = () => new Semaphore(1, new SharedArrayBuffer(8))

export default [
  { name: 'multithreading-mutex', words: 1, lock: take(mutex, 'blockingLock'), unlock: give },
  {
    name: 'multithreading-rwlock',
    words: 1,
    lock: take(rwLock, 'blockingWrite'),
    unlock: give,
    lockShared: take(rwLock, 'blockingRead'),
    unlockShared: give,
  },
  {
    name: 'multithreading-semaphore',
    words: 2,
    init: (view) => Atomics.store(view, 0, 1),
    lock: take(semaphore, 'blockingAcquire'),
    unlock: give,
  },
]
