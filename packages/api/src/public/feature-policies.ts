import { caller, inGroup, publicEndpoint } from './endpoint.js'
import { featurePolicies } from './feature-policy-words.js'
import { oneOf, readOnly, required, text, texts } from './fields.js'

export const listAvailablePolicies = publicEndpoint({
  method: 'GET',
  path: '/groups/availablePolicies',
  summary: 'Names what a system outside can want to be left to it.',
  who: caller,
  returns: 'document',
})

export const getControlledFeature = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/controlledFeature',
  summary: 'Answers which system outside manages a group, and what it wants to be left to it.',
  who: inGroup(),
  returns: 'document',
})

export const putControlledFeature = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/controlledFeature',
  audit: 'CONTROLLED_FEATURE_CHANGED',
  summary:
    'Says which system outside manages a group, and what it wants to be left to it; that is for interfaces, the API goes on to do everything.',
  who: inGroup('GROUP_OWNER'),
  body: {
    externalManagementSystem: {
      type: 'object',
      fields: { name: required(text), systemId: text, version: text },
    },
    policies: {
      type: 'array',
      items: {
        type: 'object',
        fields: { policy: required(oneOf(...featurePolicies)), disabledParams: texts },
      },
    },
    ...readOnly('created', 'updated'),
  },
  returns: 'document',
})
