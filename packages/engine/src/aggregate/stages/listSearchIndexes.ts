import { CommandError } from '../../errors.js'
import type { StageParser } from '../stage.js'

/** Search is a service beside the server, which is not there: what is about its indexes says so as a server without it does. */
export function searchNotEnabled(): CommandError {
  return new CommandError(
    'SearchNotEnabled',
    'Using Atlas Search Database Commands and the $listSearchIndexes aggregation stage requires additional configuration. Please connect to Atlas or an AtlasCLI local deployment to enable.',
  )
}

export const listSearchIndexes: StageParser = () => {
  throw searchNotEnabled()
}
