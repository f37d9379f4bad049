package ai.mariner.core.model;

/** Opens the routes of applications to clients. Called from any thread; does not block. */
public interface ApplicationDoor {
  /**
   * Opens its routes.
   *
   * @throws ai.mariner.core.error.ServeException if one of them is malformed or taken; none is open
   *     then
   */
  void open(Application application);

  /** Closes them; requests that came before are still served. */
  void close(Application application);
}
