/** Where begins what clients of Ops Manager ask for outside of its Public API. */
export const PRIVATE_PREFIX = '/api/private'
