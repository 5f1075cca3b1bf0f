import { inGroup, publicEndpoint } from './endpoint.js'
import { integer, number, required, text } from './fields.js'

const anything = { type: 'any' } as const
const admins = inGroup('GROUP_AUTOMATION_ADMIN')

/** Each key at the top of a goal document; what is below is free in form, or checked by automation. */
const goalFields = {
  agentVersion: anything,
  auth: anything,
  backupVersions: anything,
  balancer: anything,
  clusterWideConfigurations: anything,
  cpsModules: anything,
  indexConfigs: anything,
  kerberos: anything,
  ldap: anything,
  mongoDbToolsVersion: anything,
  mongoDbVersions: anything,
  mongosqlds: anything,
  mongots: anything,
  monitoringVersions: anything,
  onlineArchiveModules: anything,
  options: anything,
  processes: required(anything),
  prometheus: anything,
  replicaSets: required(anything),
  roles: anything,
  sharding: anything,
  ssl: anything,
  tls: anything,
  uiBaseUrl: anything,
  version: anything,
} as const

const goalErrors = ['VALIDATION_ERROR', 'AUTOMATION_CONFIG_CONCURRENT_MODIFICATION'] as const

const logRotation = {
  sizeThresholdMB: required({ ...number, least: 0 }),
  timeThresholdHrs: required({ ...integer, least: 0 }),
  numUncompressed: { ...integer, least: 0 },
  numTotal: { ...integer, least: 0 },
  percentOfDiskspace: { ...number, least: 0 },
} as const

const agentFields = {
  configOverrides: { type: 'object' },
  kerberosKeytab: text,
  kerberosPrincipal: text,
  kerberosWindowsPassword: text,
  kerberosWindowsUsername: text,
  ldapGroupDN: text,
  logPath: text,
  logPathWindows: text,
  logRotate: {
    type: 'object',
    fields: {
      sizeThresholdMB: { ...number, least: 0 },
      timeThresholdHrs: { ...integer, least: 0 },
    },
  },
  password: text,
  sslPEMKeyFile: text,
  sslPEMKeyFileWindows: text,
  sslPEMKeyPwd: text,
  urls: { type: 'array' },
  username: text,
} as const

export const getAutomationConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationConfig',
  summary: 'Shows the goal document of the group; an empty one of version 0 before there is one.',
  who: admins,
  returns: 'document',
})

export const putAutomationConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig',
  audit: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'],
  summary: 'Takes a goal document in the place of the one before; agents set to work on it.',
  who: admins,
  body: goalFields,
  returns: 'nothing',
  errors: goalErrors,
})

export const getAutomationConfigWithoutSecrets = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationConfig/noSecrets',
  summary: 'Shows the goal document without passwords, keys and credentials.',
  who: admins,
  returns: 'document',
})

export const putAutomationConfigWithoutSecrets = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig/noSecrets',
  audit: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'],
  summary: 'Takes a goal document; passwords, keys and credentials that it leaves out are kept.',
  who: admins,
  body: goalFields,
  returns: 'nothing',
  errors: goalErrors,
})

export const planAutomationConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationConfig/plan',
  summary:
    'Shows what the goal document in the body would do, and what is wrong with it; without a body what is left to do.',
  who: admins,
  body: 'any',
  returns: 'document',
})

export const planAutomationConfigByPost = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/automationConfig/plan',
  audit: { none: 'it shows what would be, and does nothing' },
  summary: 'The same, for clients that send no body with GET.',
  who: admins,
  body: 'any',
  returns: 'document',
  status: 200,
})

export const updateAgentVersions = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/automationConfig/updateAgentVersions',
  audit: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'],
  summary: 'Makes the version of this server that of all agents of the group.',
  who: admins,
  returns: 'entity',
  status: 200,
})

export const getMonitoringAgentConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationConfig/monitoringAgentConfig',
  summary: 'Shows the settings of monitoring agents.',
  who: admins,
  returns: 'document',
})

export const putMonitoringAgentConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig/monitoringAgentConfig',
  audit: 'MONITORING_AGENT_CONFIG_CHANGED_AUDIT',
  summary: 'Replaces the settings of monitoring agents.',
  who: admins,
  body: agentFields,
  returns: 'document',
})

export const getBackupAgentConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationConfig/backupAgentConfig',
  summary: 'Shows the settings of backup agents.',
  who: admins,
  returns: 'document',
})

export const putBackupAgentConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig/backupAgentConfig',
  audit: 'BACKUP_AGENT_CONFIG_CHANGED_AUDIT',
  summary: 'Replaces the settings of backup agents.',
  who: admins,
  body: agentFields,
  returns: 'document',
})

export const putSystemLogRotateConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig/systemLogRotateConfig',
  audit: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'],
  summary: 'Makes this the log rotation of all processes of the goal document.',
  who: admins,
  body: logRotation,
  returns: 'nothing',
  errors: goalErrors,
})

export const putAuditLogRotateConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/automationConfig/auditLogRotateConfig',
  audit: ['AUTOMATION_CONFIG_PUBLISHED_AUDIT'],
  summary: 'Makes this the rotation of audit logs of all processes of the goal document.',
  who: admins,
  body: logRotation,
  returns: 'nothing',
  errors: goalErrors,
})

export const getAutomationStatus = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/automationStatus',
  summary: 'Shows how far each process has come on its way to the goal document.',
  who: inGroup(),
  returns: 'document',
})
