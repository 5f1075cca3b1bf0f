import { DateTime } from '@gantry/bson'
import type { Account } from '../../control/accounts/accounts.js'

/** The account document, which tells nothing of the password. */
export function presentAccount(account: Account) {
  const { id, login, email, name, company, phone, zipcode } = account
  return {
    id,
    login,
    email,
    name,
    company,
    phone,
    zipcode,
    active: account.active,
    migrated: account.migrated,
    add_instance_enabled: account.mayAddInstances,
    has_casters_access: account.hasCastersAccess,
    accepted_msa: account.acceptedMsa,
    creation_date: DateTime.fromMs(account.createdMs),
    settings: { stats_enabled: account.statsEnabled },
  }
}
