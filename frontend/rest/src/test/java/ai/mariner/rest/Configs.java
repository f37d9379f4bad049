package ai.mariner.rest;

import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;

/** Variations of a configuration. */
final class Configs {
  private Configs() {}

  static ServerConfig cors(ServerConfig base, CorsConfig cors) {
    return copy(base, base.inference(), base.modelApi(), base.exposeErrors(), cors);
  }

  static ServerConfig modelApi(ServerConfig base, boolean modelApi) {
    return copy(base, base.inference(), modelApi, base.exposeErrors(), base.cors());
  }

  static ServerConfig address(ServerConfig base, ListenerAddress address) {
    return copy(base, address, base.modelApi(), base.exposeErrors(), base.cors());
  }

  private static ServerConfig copy(
      ServerConfig base,
      ListenerAddress address,
      boolean modelApi,
      boolean exposeErrors,
      CorsConfig cors) {
    return new ServerConfig(
        base.profile(),
        base.version(),
        address,
        base.management(),
        base.metrics(),
        base.grpcInference(),
        base.grpcManagement(),
        base.eventLoops(),
        base.busyPoll(),
        modelApi,
        base.tokenAuthorization(),
        base.tokenExpirationMinutes(),
        exposeErrors,
        base.metricsMode(),
        base.registerWorkers(),
        base.limits(),
        base.defaults(),
        base.worker(),
        base.fetch(),
        cors,
        base.startupModels(),
        base.modelOverrides());
  }
}
