import { arg } from './args.js'
import { command } from './command.js'

/** Answers when changes of users and roles up to now hold for every connection, which they do at once. */
export const invalidateUserCache = command({
  name: 'invalidateUserCache',
  adminOnly: true,
  help: 'Reads users and roles anew',
  access: { action: 'invalidateUserCache', on: 'cluster' },
  args: { invalidateUserCache: arg.any },
  async run({ users }) {
    await users.current()
    return {}
  },
})
