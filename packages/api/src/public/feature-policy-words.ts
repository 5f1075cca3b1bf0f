/** What a system outside can want to be left to it. */
export const featurePolicies = [
  'EXTERNALLY_MANAGED_LOCK',
  'DISABLE_USER_MANAGEMENT',
  'DISABLE_AUTHENTICATION_MECHANISMS',
  'DISABLE_SET_MONGOD_VERSION',
  'DISABLE_SET_MONGOD_CONFIG',
] as const
