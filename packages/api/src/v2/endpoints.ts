export { createAccount, getAccount, listAccounts, setCard, setContact } from './accounts.js'
export {
  createAcl,
  deleteAcl,
  getAcl,
  getAclSync,
  listAcls,
  runAclSync,
  setAclSync,
} from './acls.js'
export * from './backups.js'
export * from './databases.js'
export * from './drafts.js'
export * from './elasticsearch.js'
export {
  createInstance,
  deleteInstance,
  getInstance,
  listInstances,
  renameInstance,
} from './instances.js'
export * from './maintenance.js'
export * from './mongodb.js'
export { getPlan, listPlans } from './plans.js'
export * from './redis.js'
export * from './stats.js'
export { cancelTask, getTask, listTasks } from './tasks.js'
export { createToken, verifyToken } from './tokens.js'
