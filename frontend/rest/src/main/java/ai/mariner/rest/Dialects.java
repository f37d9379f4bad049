package ai.mariner.rest;

import ai.mariner.core.config.ServerConfig;

/**
 * The dialects of a server.
 *
 * @param torchServe of all routes that have no other one
 * @param openInference of the routes below {@code /v2}
 */
record Dialects(TorchServeDialect torchServe, OpenInferenceDialect openInference) {
  /** The dialects under a configuration. */
  static Dialects of(ServerConfig config) {
    TorchServeDialect torchServe = TorchServeDialect.of(config);
    return new Dialects(torchServe, new OpenInferenceDialect(torchServe, config.exposeErrors()));
  }
}
