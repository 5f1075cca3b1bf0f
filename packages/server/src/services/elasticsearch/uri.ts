import { AppError } from '../../errors.js'

/** Where a cluster is, and who we are to it. */
export interface ElasticsearchAddress {
  /** One URL per node, without credentials. */
  readonly nodes: readonly string[]
  readonly username?: string
  readonly password?: string
  /** The encoded form, as the cluster hands it out. */
  readonly apiKey?: string
  /** A file (PEM) with the certificates to trust instead of those that Node.js trusts. */
  readonly caFile?: string
}

const PORT = '9200'
const OPTIONS = ['apiKey', 'tlsCAFile']
const FORM = 'http(s)://[user:password@]host[:port][,host…][/?apiKey=…&tlsCAFile=…]'

/**
 * Reads `https://user:password@host:9200,host2:9200/?apiKey=…&tlsCAFile=…`, the options being
 * optional. Rejects anything else with `invalid`, and never repeats the text, which may hold a
 * password.
 */
export function parseElasticsearchUri(text: string): ElasticsearchAddress {
  const parts = /^(https?):\/\/(?:([^@/?]*)@)?([^@/?]+)(\/[^?]*)?(?:\?(.*))?$/.exec(text)
  if (!parts) throw new AppError('invalid', `uri: must be ${FORM}`)
  const [, scheme, user = '', hosts, path = '', query = ''] = parts
  const options = new URLSearchParams(query)
  for (const name of options.keys()) {
    if (!OPTIONS.includes(name)) throw new AppError('invalid', `uri: unknown option ${name}`)
  }
  const [username, password] = user.split(/:(.*)/s).map(decode)
  const apiKey = options.get('apiKey') ?? undefined
  if (username && apiKey) {
    throw new AppError('invalid', 'uri: either a user or an apiKey, not both')
  }
  return {
    nodes: hosts.split(',').map((host) => nodeUrl(scheme, host, path)),
    ...(username && { username, password: password ?? '' }),
    ...(apiKey && { apiKey }),
    ...(options.has('tlsCAFile') && { caFile: options.get('tlsCAFile') ?? '' }),
  }
}

function nodeUrl(scheme: string, host: string, path: string): string {
  const url = `${scheme}://${/:\d+$/.test(host) ? host : `${host}:${PORT}`}${path}`
  if (!URL.canParse(url)) throw new AppError('invalid', `uri: "${host}" is not a host`)
  return url.replace(/\/$/, '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AppError('invalid', 'uri: user or password is not percent-encoded')
  }
}
