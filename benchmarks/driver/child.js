import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a server of this folder in a process of its own, which ends with this one. */
export async function startServer(file, execArgv = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], { execArgv })
  const asked = []
  child.on('message', (answer) => asked.shift()?.resolve(answer))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  void ended.then((code) => {
    for (const { reject } of asked) reject(new Error(`${file} has ended with ${code}`))
  })
  const answer = () => new Promise((resolve, reject) => asked.push({ resolve, reject }))
  const { port } = await answer()
  return {
    port,
    pid: child.pid,
    /** Answers are given in the order of the questions. */
    ask(question) {
      child.send(question)
      return answer()
    },
    stop() {
      child.disconnect()
      return ended
    },
  }
}
