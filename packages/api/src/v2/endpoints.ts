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
export {
  createInstance,
  deleteInstance,
  getInstance,
  listInstances,
  renameInstance,
} from './instances.js'
export { getPlan, listPlans } from './plans.js'
export { createToken, verifyToken } from './tokens.js'
