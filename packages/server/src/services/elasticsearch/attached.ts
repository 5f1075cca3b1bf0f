import { AppError } from '../../errors.js'
import type { RunningElasticsearch, ServiceDriver, ServiceSpec } from '../driver.js'
import { connectCluster, HTTP_PORTS } from './running.js'
import { type ElasticsearchAddress, parseElasticsearchUri } from './uri.js'

/**
 * A cluster that is somewhere already, by URL. Its users come through the instance's own port
 * all the same, where the ACLs count, and where users are asked for if the cluster asks none.
 */
export const attachedElasticsearch: ServiceDriver<RunningElasticsearch> = {
  service: 'elasticsearch',
  mode: 'attached',
  ports: HTTP_PORTS,
  async check(spec) {
    addressOf(spec)
  },
  async start(spec, { folder }) {
    const { service } = await connectCluster({ address: addressOf(spec), folder, user: spec })
    return service
  },
}

function addressOf({ uri }: ServiceSpec): ElasticsearchAddress {
  if (uri === undefined) throw new AppError('invalid', 'uri: an attached instance needs one')
  return parseElasticsearchUri(uri)
}
