package ai.mariner.core.model;

/**
 * Hears which models there are and how they are doing. Whatever follows the models without being
 * asked for them hangs here: the state file, snapshots, pages, routes of an application.
 *
 * <p>Calls come one after the other, in the order of the changes, on one thread beside the event
 * loops (the server's watch thread). A call may block briefly, to write a file say; what takes
 * longer has to be handed on, since it would hold up the other listeners. A call may come a moment
 * after the change, when the next one has been made: what a {@link Model} says of itself is always
 * the present. An exception is logged and harms neither the other listeners nor the models.
 *
 * <p>A listener that is added late is first told of the models that there are, as if they had just
 * been published. Nothing is told of a model before {@link #published} or after {@link #removed}.
 */
public interface RegistryListener {
  /** A version is registered: from now on requests find it. Its workers may not be there yet. */
  default void published(Model model) {}

  /**
   * Requests that name no version mean this one from now on. Also called for the first version of a
   * name, right after it was published.
   */
  default void defaultChanged(Model model) {}

  /**
   * New requests no longer find this version; those that it has accepted are still finished.
   *
   * <p>A swap may put a model of the same name and version in its place, and publishes that one
   * first. Compare models, not their keys, as {@link java.util.Map#remove(Object, Object)} does.
   */
  default void removed(Model model) {}

  /**
   * What {@code model.pool().readiness()} or {@code model.spec()} says has changed: workers became
   * ready or were lost, or the bounds of their number were set. Several changes in a row may be
   * told as one.
   */
  default void stateChanged(Model model) {}
}
