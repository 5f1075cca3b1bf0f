import { anything, boolean, integer, list, named, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date, id } from './values.js'

export const account = named(
  'Account',
  object({
    id,
    login: text(),
    email: text(),
    name: text(),
    company: text(),
    phone: text(),
    zipcode: text(),
    active: boolean(),
    migrated: boolean(),
    add_instance_enabled: boolean(),
    has_casters_access: boolean(),
    accepted_msa: integer(),
    creation_date: date,
    settings: object({ stats_enabled: boolean() }),
  }),
)

const area = 'accounts'

export const getAccount = v2Endpoint({
  method: 'GET',
  path: '/v2/accounts/{uid}/',
  summary: "Answers the caller's own account.",
  area,
  reply: account,
})

export const setCard = v2Endpoint({
  method: 'POST',
  audit: { none: 'nothing of it is kept' },
  path: '/v2/accounts/{uid}/set_card/',
  summary: 'Takes the details of a card and keeps none of them.',
  area,
  body: record(anything()),
  reply: text(),
})

export const setContact = v2Endpoint({
  method: 'POST',
  audit: 'ACCOUNT_CONTACT_CHANGED',
  path: '/v2/accounts/{uid}/contact/',
  summary: 'Keeps how the account is to be contacted.',
  area,
  body: record(anything()),
  reply: text(),
})

export const listAccounts = v2Endpoint({
  method: 'GET',
  path: '/v2/accounts/',
  summary: 'Answers all accounts of the server, to its administrator.',
  area,
  extension: true,
  reply: list(account),
})

export const createAccount = v2Endpoint({
  method: 'POST',
  audit: 'USER_CREATED',
  path: '/v2/accounts/',
  summary: 'Makes an account; for the administrator of the server.',
  area,
  extension: true,
  body: object(
    { login: text({ minLength: 1 }), password: text({ minLength: 1 }) },
    {
      optional: {
        email: text(),
        name: text(),
        company: text(),
        phone: text(),
        zipcode: text(),
        add_instance_enabled: boolean(),
      },
    },
  ),
  reply: account,
})
