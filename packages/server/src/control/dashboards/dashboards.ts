import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Account } from '../accounts/accounts.js'
import { idIn, type State, type Table, textIn } from '../state.js'

/** Graphs that somebody looks at together. What a graph is, is for who shows it. */
export interface Dashboard {
  readonly id: string
  readonly account: string
  readonly name: string
  /** A JSON array as text. */
  readonly graphs: string
}

export const dashboardTable: Table<Dashboard> = {
  collection: 'dashboards',
  write: ({ id, account, ...texts }) => ({
    _id: new ObjectId(id),
    account: new ObjectId(account),
    ...texts,
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    account: idIn(doc, 'account'),
    name: textIn(doc, 'name'),
    graphs: textIn(doc, 'graphs'),
  }),
}

/** What a dashboard is made of. */
export type DashboardContent = Pick<Dashboard, 'name' | 'graphs'>

/** The dashboards of accounts; another account's do not exist, and are rejected with `not_found`. */
export interface Dashboards {
  list(account: Account): Promise<Dashboard[]>
  get(account: Account, id: string): Promise<Dashboard>
  create(account: Account, content: DashboardContent): Promise<Dashboard>
  update(account: Account, id: string, content: DashboardContent): Promise<Dashboard>
  delete(account: Account, id: string): Promise<void>
}

export function dashboardsOf(state: State): Dashboards {
  async function get(account: Account, id: string): Promise<Dashboard> {
    const filter = ObjectId.isValid(id) && { _id: new ObjectId(id) }
    const found = filter ? await state.list(dashboardTable, filter) : []
    if (found.at(0)?.account !== account.id) {
      throw new AppError('not_found', 'dashboard not found')
    }
    return found[0]
  }

  return {
    list: (account) => state.list(dashboardTable, { account: new ObjectId(account.id) }),
    get,
    async create(account, { name, graphs }) {
      const id = new ObjectId().toHexString()
      const dashboard = { id, account: account.id, name, graphs }
      await state.insert(dashboardTable, dashboard)
      return dashboard
    },
    async update(account, id, { name, graphs }) {
      const dashboard = { ...(await get(account, id)), name, graphs }
      await state.save(dashboardTable, dashboard)
      return dashboard
    },
    async delete(account, id) {
      await state.delete(dashboardTable, new ObjectId((await get(account, id)).id))
    },
  }
}
