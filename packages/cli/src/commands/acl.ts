import type { Invocation } from '../command.js'
import { print, renderTable } from '../output.js'
import { connect } from '../target.js'

export async function listAcls(call: Invocation): Promise<void> {
  const acls = await connect(call).listAcls()
  print(call, acls, () =>
    renderTable(
      ['MASK', 'DESCRIPTION'],
      acls.map(({ cidr_mask, description }) => [cidr_mask, description]),
    ),
  )
}

export async function addAcl(call: Invocation): Promise<void> {
  const cidr_mask = call.argument('MASK')
  const description = call.optional('DESCRIPTION') ?? ''
  const result = await connect(call).addAcl({ doc: { cidr_mask, description } })
  print(call, result, () => result)
}

export async function deleteAcl(call: Invocation): Promise<void> {
  const result = await connect(call).deleteAcl({ doc: { cidr_mask: call.argument('MASK') } })
  print(call, result, () => result)
}
