/** What each receiver over HTTP wants to be told, and how it says that it has understood. */
import { createHmac } from 'node:crypto'
import type { Carrier, Delivery, Parcel } from './delivery.js'
import type { Answer, Post } from './http-post.js'
import type { MessageKind } from './message.js'
import { Undelivered } from './undelivered.js'

/** Where services are that have one address for everybody. */
export interface ServiceUrls {
  readonly slackUrl: string
  readonly pagerDutyUrl: string
}

interface Request extends Pick<Post, 'url' | 'headers' | 'body'> {
  /** Whether somebody who may only see a project has chosen the address. */
  readonly isChosen: boolean
  /** Throws when an answer of success is none. */
  readonly check?: (answer: Answer) => void
}

type HttpCarrier = Exclude<Carrier, 'MAIL'>

/** `X-MMS-Event`, by which receivers tell messages apart. */
const events: { readonly [kind in MessageKind]: string } = {
  OPEN: 'alert.open',
  UPDATED: 'alert.update',
  ACKNOWLEDGED: 'alert.acknowledge',
  CLOSED: 'alert.close',
  CANCELLED: 'alert.cancel',
  INFORMATION: 'alert.inform',
}

/** What becomes of an incident of PagerDuty. */
const actions: { readonly [kind in MessageKind]: 'trigger' | 'acknowledge' | 'resolve' } = {
  OPEN: 'trigger',
  UPDATED: 'trigger',
  ACKNOWLEDGED: 'acknowledge',
  CLOSED: 'resolve',
  CANCELLED: 'resolve',
  INFORMATION: 'trigger',
}

/** PagerDuty takes no more. */
const LONGEST_SUMMARY = 1024
/** Errors of Slack that pass. */
const passing = ['ratelimited', 'internal_error', 'service_unavailable', 'fatal_error']

const requests: {
  readonly [carrier in HttpCarrier]: (
    delivery: Delivery,
    parcel: Parcel,
    urls: ServiceUrls,
  ) => Request
} = {
  WEBHOOK: ({ id, kind }, { webhookUrl = '', webhookSecret, alert }) => ({
    url: webhookUrl,
    isChosen: true,
    headers: {
      'content-type': 'application/json',
      'x-mms-event': events[kind],
      'x-gantry-delivery': id,
      ...(webhookSecret && { 'x-mms-signature': signature(webhookSecret, alert) }),
    },
    body: alert,
  }),
  SLACK: (_delivery, { apiToken, channelName, subject, text }, { slackUrl }) => ({
    url: slackUrl,
    isChosen: false,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      authorization: `Bearer ${apiToken}`,
    },
    body: JSON.stringify({ channel: channelName, text: slackText(subject, text) }),
    check: checkSlack,
  }),
  PAGER_DUTY: ({ kind, alertId }, { serviceKey, subject, alert }, { pagerDutyUrl }) => ({
    url: pagerDutyUrl,
    isChosen: false,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      routing_key: serviceKey,
      event_action: actions[kind],
      dedup_key: alertId,
      client: 'Gantry',
      payload: {
        summary: subject.slice(0, LONGEST_SUMMARY),
        source: sourceOf(alert),
        severity: kind === 'INFORMATION' ? 'info' : 'error',
        custom_details: JSON.parse(alert),
      },
    }),
  }),
  MICROSOFT_TEAMS: (_delivery, { microsoftTeamsWebhookUrl = '', subject, text }) => ({
    url: microsoftTeamsWebhookUrl,
    isChosen: true,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              { type: 'TextBlock', text: subject, weight: 'Bolder', wrap: true },
              { type: 'TextBlock', text, wrap: true },
            ],
          },
        },
      ],
    }),
  }),
}

/** The request that delivers something. */
export function requestFor(delivery: Delivery, parcel: Parcel, urls: ServiceUrls): Request {
  return requests[delivery.carrier as HttpCarrier](delivery, parcel, urls)
}

function signature(secret: string, body: string): string {
  return createHmac('sha1', secret).update(body).digest('base64')
}

function slackText(subject: string, text: string): string {
  const escaped = [subject, text].map((part) =>
    part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  )
  return `*${escaped[0]}*\n${escaped[1]}`
}

/** Slack says with status 200 what went wrong. */
function checkSlack({ body }: Answer): void {
  let reply: { readonly ok?: unknown; readonly error?: unknown }
  try {
    reply = JSON.parse(body)
  } catch {
    throw new Undelivered('Slack has not answered with JSON')
  }
  if (reply?.ok === true) return
  const error = String(reply?.error ?? 'unknown error')
  throw new Undelivered(`Slack has not taken it: ${error}`, { isFinal: !passing.includes(error) })
}

function sourceOf(alert: string): string {
  const { hostnameAndPort, clusterName, groupId } = JSON.parse(alert)
  return hostnameAndPort ?? clusterName ?? groupId ?? 'Gantry'
}
