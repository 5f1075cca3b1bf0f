/** A module of its own, so that the library is loaded with the first mail. */
export { createTransport } from 'nodemailer'
