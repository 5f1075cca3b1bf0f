import { findRedisProgram } from '../services/redis/program.js'

const HOW = 'no Redis on this machine; apt-get install redis-server enables this'

/** Whether there is a Redis server for tests; `skip` is what a test without one says. */
export async function realRedis(): Promise<{ readonly skip: string | false }> {
  try {
    await findRedisProgram(undefined)
    return { skip: false }
  } catch {
    return { skip: HOW }
  }
}
