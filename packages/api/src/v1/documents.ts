import { reads, v1Endpoint } from './endpoint.js'

const documents = { none: 'documents are data, of which there are too many to be told' }

export const addDocument = v1Endpoint({
  audit: documents,
  path: '/db/{db}/collection/{collection}/add',
  summary: 'Inserts a document, or replaces the one with its _id; answers the stored document.',
  doc: 'required',
  returns: 'data',
})

export const getDocuments = v1Endpoint({
  audit: reads,
  path: '/db/{db}/collection/{collection}/get',
  summary: 'Answers the documents that match.',
  doc: 'optional',
  returns: 'list',
})

export const updateDocument = v1Endpoint({
  audit: documents,
  path: '/db/{db}/collection/{collection}/update',
  summary: 'Replaces the first document that matches, or applies update operators to it.',
  doc: 'required',
  set: 'required',
  returns: 'count',
})

export const deleteDocuments = v1Endpoint({
  audit: documents,
  path: '/db/{db}/collection/{collection}/delete',
  summary: 'Deletes all documents that match.',
  doc: 'required',
  returns: 'count',
})
