import { leadingStages } from './leading.js'
import type { PipelineServices, Target } from './services.js'
import type { Pipeline } from './stage.js'
import { type DocumentStream, streamOf } from './stream.js'

/** Runs a pipeline over the documents of a collection. The caller closes the stream when it does not read it to its end. */
export function openPipeline(
  pipeline: Pipeline,
  target: Target,
  services: PipelineServices,
): DocumentStream {
  const source = pipeline.ownSource ? streamOf([]) : services.read(target, pipeline.leading)
  return openRest(pipeline, source, services)
}

/** Runs a pipeline over given documents, what leads it included. */
export function openStages(
  pipeline: Pipeline,
  input: DocumentStream,
  services: PipelineServices,
): DocumentStream {
  let stream = input
  for (const stage of leadingStages(pipeline.leading)) stream = stage.open(stream, services)
  return openRest(pipeline, stream, services)
}

/** Runs the stages behind what leads the pipeline, which the source has done. */
export function openRest(
  pipeline: Pipeline,
  source: DocumentStream,
  services: PipelineServices,
): DocumentStream {
  let stream = source
  for (const stage of pipeline.stages) stream = stage.open(stream, services)
  return stream
}
