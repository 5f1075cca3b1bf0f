import { required, text } from './fields.js'

/** Roles as users have them: which one, and in which project or organisation. */
export const roleAssignments = {
  type: 'array',
  items: {
    type: 'object',
    fields: { roleName: required(text), groupId: text, orgId: text },
  },
} as const
