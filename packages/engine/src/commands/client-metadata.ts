import { decodeDocument, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Session } from '../session.js'

const MAX_METADATA_SIZE = 512

/** Keeps what a client says of itself in its first `hello`. Throws when it says it again, or too much. */
export function rememberClient(session: Session, client: RawValue | undefined): void {
  if (!client) return
  if (session.clientMetadata) {
    throw new CommandError(186, 'The client metadata document may only be sent in the first hello')
  }
  if (client.size > MAX_METADATA_SIZE) {
    throw new CommandError(
      'ClientMetadataDocumentTooLarge',
      `The client metadata document must be less then or equal to ${MAX_METADATA_SIZE} bytes`,
    )
  }
  session.clientMetadata = decodeDocument(client.buf, client.at)
}
