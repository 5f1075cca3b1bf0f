import { caller, everybody, publicEndpoint } from './endpoint.js'
import { readOnly, required, text } from './fields.js'

export const getRoot = publicEndpoint({
  method: 'GET',
  path: '/',
  summary: 'Names the server and where everything begins.',
  who: caller,
  returns: 'entity',
})

export const createFirstUser = publicEndpoint({
  method: 'POST',
  path: '/unauth/users',
  audit: ['USER_CREATED', 'API_KEY_CREATED'],
  summary: 'Makes the first user, a global owner with a key, while there is none.',
  who: everybody,
  query: { whitelist: { type: 'string', many: true }, accessList: { type: 'string', many: true } },
  body: {
    username: required(text),
    password: required(text),
    firstName: required(text),
    lastName: required(text),
    emailAddress: text,
    mobileNumber: text,
    country: text,
    ...readOnly('links', 'id', 'roles', 'teamIds'),
  },
  returns: 'document',
  status: 201,
  errors: ['CANNOT_CREATE_FIRST_USER_USERS_ALREADY_EXIST', 'INVALID_USERNAME', 'WEAK_PASSWORD'],
})
