import { type Address, authority } from '../../binding.js'

/**
 * A MongoDB URI that every driver can use as it is. `directConnection` makes it work through
 * forwarded ports too, and drivers too old to know it connect to a single host in that way anyhow.
 */
export function connectString(address: Address, user: string, password: string): string {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return `mongodb://${login}@${authority(address)}/?authSource=admin&directConnection=true`
}
