package ai.mariner.core.model;

/**
 * Where archives of workflows and applications come from. Calls block and are made from threads
 * that may.
 */
@FunctionalInterface
public interface WorkflowStore {
  /**
   * Finds, fetches and unpacks an archive, and reads what it is made of.
   *
   * @param order its location is a name in the store, a folder, or an address; one of the server's
   *     start may name any folder or file
   * @throws ai.mariner.core.error.ServeException with the reason; nothing is left behind then
   */
  WorkflowArchive fetch(RegisterWorkflow order);
}
