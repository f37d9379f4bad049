package ai.mariner.core.model;

/** Where archives of workflows come from. Calls block and are made from threads that may. */
@FunctionalInterface
public interface WorkflowStore {
  /**
   * Finds, fetches and unpacks an archive, and reads what it is made of.
   *
   * @param location name in the store, folder, or address
   * @throws ai.mariner.core.error.ServeException with the reason; nothing is left behind then
   */
  WorkflowArchive fetch(String location);
}
