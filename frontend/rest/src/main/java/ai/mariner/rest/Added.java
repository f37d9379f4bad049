package ai.mariner.rest;

/** A route that comes and goes while the server runs. */
sealed interface Added permits AddedRoute, ApplicationRoute, ApplicationDocument {
  /** HTTP method. */
  String method();

  /** Path; may end with {@code {url_path...}}, which takes all that follows. */
  String path();

  /** Whose it is, for messages. */
  String owner();
}
