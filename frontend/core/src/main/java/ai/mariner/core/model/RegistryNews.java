package ai.mariner.core.model;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the changes of a registry to its listeners. The registry calls it under its lock, so that
 * the order of calls is that of the changes.
 */
final class RegistryNews {
  private static final Logger log = LoggerFactory.getLogger(RegistryNews.class);

  private final Executor executor;
  private final List<RegistryListener> listeners = new CopyOnWriteArrayList<>();
  private final Set<Model> stateDue = ConcurrentHashMap.newKeySet();

  /**
   * Makes the news of a registry without listeners.
   *
   * @param executor runs tasks one after the other, in their order
   */
  RegistryNews(Executor executor) {
    this.executor = executor;
  }

  /**
   * Adds a listener.
   *
   * @param present all registered models
   * @param defaults those of them that are defaults
   */
  void add(RegistryListener listener, List<Model> present, List<Model> defaults) {
    run(
        () -> {
          for (Model model : present) {
            tell(listener, hears -> hears.published(model));
          }
          for (Model model : defaults) {
            tell(listener, hears -> hears.defaultChanged(model));
          }
          listeners.add(listener);
        });
  }

  void published(Model model) {
    tellAll(listener -> listener.published(model));
  }

  void defaultChanged(Model model) {
    tellAll(listener -> listener.defaultChanged(model));
  }

  void removed(Model model) {
    tellAll(listener -> listener.removed(model));
  }

  void stateChanged(Model model) {
    if (stateDue.add(model)) {
      run(
          () -> {
            stateDue.remove(model);
            listeners.forEach(listener -> tell(listener, hears -> hears.stateChanged(model)));
          });
    }
  }

  private void tellAll(Consumer<RegistryListener> news) {
    run(() -> listeners.forEach(listener -> tell(listener, news)));
  }

  private void run(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException serverHasEnded) {
      log.debug("a change of the models was not told: the server has ended");
    }
  }

  private static void tell(RegistryListener listener, Consumer<RegistryListener> news) {
    try {
      news.accept(listener);
    } catch (RuntimeException e) {
      log.error("{} failed on a change of the models", listener.getClass().getName(), e);
    }
  }
}
