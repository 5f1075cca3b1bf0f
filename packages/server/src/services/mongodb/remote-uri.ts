/** Options of a URI that are about finding the members of a cluster. */
const ABOUT_CLUSTER = /^(replicaSet|directConnection|loadBalanced|srv\w*|readPreference\w*)$/i

/** What a URI for one host takes over from how the cluster is reached. */
export interface Resolved {
  /** The database that knows the user. */
  readonly authSource: string | undefined
  readonly tls: boolean
}

/** A URI that leads to one `host:port` of a cluster only, with the user and options of the URI of that. */
export function uriOfHost(uri: string, host: string, { authSource, tls }: Resolved): string {
  const [, login = '', , query = ''] =
    /^mongodb(?:\+srv)?:\/\/(.*@)?([^/?]*)(?:\/[^?]*)?(?:\?(.*))?$/.exec(uri) ?? []
  const options = query.split('&').filter((option) => {
    const [name] = option.split('=')
    return name !== '' && !ABOUT_CLUSTER.test(name) && !/^(authSource|tls|ssl)$/i.test(name)
  })
  options.push('directConnection=true')
  if (login !== '' && authSource) options.push(`authSource=${encodeURIComponent(authSource)}`)
  if (tls) options.push('tls=true')
  return `mongodb://${login}${host}/?${options.join('&')}`
}

/** The database that a URI names; undefined when it names none. */
export function databaseIn(uri: string): string | undefined {
  const [, name] = /^mongodb(?:\+srv)?:\/\/(?:.*@)?[^/?]*\/([^?]+)/.exec(uri) ?? []
  return name === undefined ? undefined : decodeURIComponent(name)
}
