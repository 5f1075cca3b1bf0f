/** What MongoDB keeps of passwords. */
export { createCredential, type Mechanism, passwordFits } from '@gantry/engine'
