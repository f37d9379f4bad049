package ai.mariner.server.config;

/** A value that TorchServe knows and this version doesn't. */
final class NotSupportedYet extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
}
