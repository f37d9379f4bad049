package ai.mariner.core.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An order to register a workflow or an application.
 *
 * @param location name in the store, folder, or address
 * @param name registered name; absent: the manifest's
 * @param responseTimeout longest run of each node; absent: the node's own
 * @param startupTimeout longest load of each node; absent: the node's own
 * @param atStart whether the server does this at its own start: then any folder or file may be
 *     named, and nobody waits for the workers
 * @param signed whether requests for its archive and for those of its nodes are signed, as S3 wants
 *     it
 */
public record RegisterWorkflow(
    String location,
    @Nullable String name,
    @Nullable Duration responseTimeout,
    @Nullable Duration startupTimeout,
    boolean atStart,
    boolean signed) {
  /** An order that comes by a call, and whose archives can be had without a signature. */
  public RegisterWorkflow(
      String location,
      @Nullable String name,
      @Nullable Duration responseTimeout,
      @Nullable Duration startupTimeout) {
    this(location, name, responseTimeout, startupTimeout, false, false);
  }

  /** An order of the server's start. */
  public static RegisterWorkflow atStart(String location) {
    return new RegisterWorkflow(location, null, null, null, true, false);
  }
}
