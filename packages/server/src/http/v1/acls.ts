import { v1 } from '@gantry/api'
import { decodeDocument, type RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { route } from './route.js'

export const aclRoutes = [
  route(v1.listAcls, ({ control, instance }) =>
    control.acls
      .list(instance)
      .map(({ cidrMask, description }) => ({ cidr_mask: cidrMask, description })),
  ),
  route(v1.addAcl, async ({ control, instance, doc, noted }) => {
    const description = decodeDocument(doc.buf, doc.at).get('description') ?? ''
    if (typeof description !== 'string') throw new AppError('invalid', 'invalid description')
    const { cidrMask } = await control.acls.add(instance, readMask(doc), description)
    noted.whitelistEntry = cidrMask
    return 'ACL added successfully'
  }),
  route(v1.deleteAcl, async ({ control, instance, doc, noted }) => {
    await control.acls.delete(instance, readMask(doc))
    noted.whitelistEntry = readMask(doc)
    return 'ACL removed successfully'
  }),
]

function readMask(doc: RawValue): string {
  const mask = decodeDocument(doc.buf, doc.at).get('cidr_mask')
  if (typeof mask !== 'string') throw new AppError('invalid', 'invalid cidr_mask')
  return mask
}
