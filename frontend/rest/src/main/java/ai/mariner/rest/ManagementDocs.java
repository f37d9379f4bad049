package ai.mariner.rest;

/** What the management routes say of themselves. */
final class ManagementDocs {
  static final Route.Doc LIST =
      Route.Doc.of("listModels", "List the default versions of all models")
          .with(
              new Route.Parameter("limit", "integer", false, "Models on a page, 1 to 100 (100)"),
              new Route.Parameter(
                  "next_page_token", "integer", false, "Where the page begins, as the last said"));

  static final Route.Doc REGISTER =
      Route.Doc.of("registerModel", "Register a model")
          .with(
              new Route.Parameter("url", "string", true, "Name in the store, folder or address"),
              new Route.Parameter("model_name", "string", false, "Name (the archive's)"),
              new Route.Parameter("handler", "string", false, "Handler (the archive's)"),
              new Route.Parameter("runtime", "string", false, "Runtime (the archive's)"),
              new Route.Parameter("batch_size", "integer", false, "Most requests in a batch (1)"),
              new Route.Parameter(
                  "max_batch_delay", "integer", false, "Longest wait for a batch, milliseconds"),
              new Route.Parameter("initial_workers", "integer", false, "Workers to start"),
              new Route.Parameter(
                  "synchronous", "boolean", false, "Answer when the workers are ready (true)"),
              new Route.Parameter("response_timeout", "integer", false, "Longest run, seconds"),
              new Route.Parameter("startup_timeout", "integer", false, "Longest load, seconds"))
          .answering(
              new Route.Status(200, "The model is registered and its workers are ready"),
              new Route.Status(202, "The model is registered, its workers are loading"));

  static final Route.Doc LOGS =
      Route.Doc.of("readLog", "List the log files, or read the last lines of one")
          .with(
              new Route.Parameter(
                  "file", "string", false, "Name of a file, such as model_log.log (list them)"),
              new Route.Parameter("lines", "integer", false, "Lines, 1 to 10000 (100)"),
              new Route.Parameter(
                  "position",
                  "string",
                  false,
                  "The lines behind an earlier answer: its header X-Log-Position"));

  static final Route.Doc ALL =
      Route.Doc.of("describeAllVersions", "Describe all versions of a model");

  static final Route.Doc SET_DEFAULT =
      Route.Doc.of("setDefault", "Make a version the one that is meant when none is named");

  static final Route.Doc SWAP =
      Route.Doc.of("swapModel", "Replace the default version without losing a request")
          .with(
              new Route.Parameter(
                  "url", "string", false, "The new archive; either this or model_version"),
              new Route.Parameter(
                  "model_version", "string", false, "A version that is registered already"),
              new Route.Parameter(
                  "keep_old", "boolean", false, "Leave the old version registered (false)"),
              new Route.Parameter("handler", "string", false, "Handler (the archive's)"),
              new Route.Parameter("runtime", "string", false, "Runtime (the archive's)"),
              new Route.Parameter("batch_size", "integer", false, "Most requests in a batch (1)"),
              new Route.Parameter(
                  "max_batch_delay", "integer", false, "Longest wait for a batch, milliseconds"),
              new Route.Parameter(
                  "initial_workers", "integer", false, "Workers (those of the old version)"),
              new Route.Parameter("response_timeout", "integer", false, "Longest run, seconds"),
              new Route.Parameter("startup_timeout", "integer", false, "Longest load, seconds"));

  static final Route.Doc READY =
      Route.Doc.of("modelReady", "Whether a model has a worker that takes requests");

  static final Route.Doc TOKEN =
      Route.Doc.of("renewToken", "Renew a key; needs the API key as bearer token")
          .with(new Route.Parameter("type", "string", true, "management or inference"));

  private ManagementDocs() {}

  static Route.Doc describe(boolean version) {
    return Route.Doc.of(version ? "describeVersion" : "describeModel", "Describe a model")
        .with(
            new Route.Parameter(
                "customized", "boolean", false, "Ask the handler for its own metadata (false)"));
  }

  static Route.Doc scale(boolean version) {
    return Route.Doc.of(version ? "scaleVersion" : "scaleModel", "Change the number of workers")
        .with(
            new Route.Parameter("min_worker", "integer", false, "Workers to keep alive (1)"),
            new Route.Parameter("max_worker", "integer", false, "Upper bound (min_worker)"),
            new Route.Parameter(
                "synchronous", "boolean", false, "Answer when the workers are ready (false)"))
        .answering(
            new Route.Status(200, "The workers are ready"),
            new Route.Status(202, "The work is under way"),
            new Route.Status(206, "Not all workers are ready yet"));
  }

  static Route.Doc unregister(boolean version) {
    return Route.Doc.of(
        version ? "unregisterVersion" : "unregisterModel", "Remove a model version");
  }
}
