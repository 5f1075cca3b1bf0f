/** Whom an alert configuration tells of its alerts, and how: the entries of its `notifications`. */
import { flag, integer, oneOf, required, text, texts, volatile } from './fields.js'

/** Those that are delivered. */
export const deliveredNotifications = [
  'EMAIL',
  'GROUP',
  'ORG',
  'USER',
  'TEAM',
  'WEBHOOK',
  'SLACK',
  'PAGER_DUTY',
  'MICROSOFT_TEAMS',
] as const

/** Those that are known by name, and refused. */
export const undeliveredNotifications = [
  'SMS',
  'DATADOG',
  'OPS_GENIE',
  'VICTOR_OPS',
  'HIP_CHAT',
  'SNMP',
] as const

export type DeliveredNotification = (typeof deliveredNotifications)[number]

/** Fields that are never answered in clear. */
export const notificationSecrets = [
  'webhookSecret',
  'apiToken',
  'serviceKey',
  'microsoftTeamsWebhookUrl',
] as const

/** One entry of the notifications of an alert configuration, as requests hold it. */
export const notificationField = {
  type: 'object',
  fields: {
    typeName: required(oneOf(...deliveredNotifications, ...undeliveredNotifications)),
    delayMin: { type: 'integer', least: 0 },
    intervalMin: integer,
    /** Of an entry that is there already; an entry without one is known by its place. */
    notifierId: text,
    emailAddress: text,
    emailEnabled: flag,
    smsEnabled: flag,
    roles: texts,
    username: text,
    teamId: text,
    mobileNumber: text,
    webhookUrl: text,
    webhookSecret: text,
    apiToken: text,
    channelName: text,
    serviceKey: text,
    datadogApiKey: text,
    datadogRegion: text,
    opsGenieApiKey: text,
    opsGenieRegion: text,
    victorOpsApiKey: text,
    victorOpsRoutingKey: text,
    microsoftTeamsWebhookUrl: text,
    ...volatile('teamName'),
  },
} as const

/** Error codes of calls that take notifications. */
export const notificationErrors = [
  'MISSING_NOTIFICATIONS',
  'UNSUPPORTED_NOTIFICATION_TYPE',
  'NOTIFICATION_INTERVAL_OUT_OF_RANGE',
  'TOO_MANY_GROUP_NOTIFICATIONS',
  'EMAIL_OR_SMS_REQUIRED_FOR_GROUP_NOTIFICATION',
  'EMAIL_OR_SMS_REQUIRED_FOR_USER_NOTIFICATION',
  'BAD_USERNAME_REF',
  'BAD_USERNAME_IN_GROUP_REF',
  'WEBHOOK_URL_NOT_SET',
  'INVALID_EMAIL_ADDRESS',
  'INVALID_ROLE_FOR_GROUP',
  'INVALID_ROLE_FOR_ORG',
  'TEAM_NOT_FOUND',
] as const
