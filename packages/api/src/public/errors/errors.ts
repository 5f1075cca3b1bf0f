import { accessErrors } from './access.js'
import { administrationErrors } from './administration.js'
import { alertErrors } from './alerts.js'
import { deploymentErrors } from './deployments.js'
import type { PublicErrors } from './error.js'
import { syntaxErrors } from './syntax.js'

/** Every error code of the Public API. */
export const publicErrors: PublicErrors = {
  ...accessErrors,
  ...syntaxErrors,
  ...administrationErrors,
  ...deploymentErrors,
  ...alertErrors,
}
