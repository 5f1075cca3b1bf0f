/**
 * What has become of an alert: it has just opened, is open still, was acknowledged, has been
 * resolved, cannot apply any more, or tells of something that is over as it happens.
 */
export type MessageKind =
  | 'OPEN'
  | 'UPDATED'
  | 'ACKNOWLEDGED'
  | 'CLOSED'
  | 'CANCELLED'
  | 'INFORMATION'

/** A value of an alert's document; dates are answered to the second, what is undefined not at all. */
export type AlertValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | { readonly [name: string]: string | number | undefined }

/** An alert as the Public API answers it, without its links. */
export interface AlertDocument {
  readonly id: string
  readonly alertConfigId: string
  readonly [name: string]: AlertValue
}

/** What is told of an alert. */
export interface AlertMessage {
  readonly kind: MessageKind
  readonly alert: AlertDocument
  /** One line such as "Host is down: db1.example.com:27017"; product and project are added. */
  readonly subject: string
  /** One or more lines. */
  readonly text: string
}
