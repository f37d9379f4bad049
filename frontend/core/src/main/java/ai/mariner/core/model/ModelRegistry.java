package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Which models there are. Readers see an immutable map that writers swap; a writer reserves a name
 * and version first, so that two registrations of the same one never both do the work.
 */
public final class ModelRegistry {
  private final Object lock = new Object();
  private final Set<ModelKey> reserved = new HashSet<>();
  private final RegistryNews news;
  private volatile Map<String, Versions> models = Map.of();

  /** The versions of one model. */
  private record Versions(Model defaultModel, Map<String, Model> byVersion) {}

  /**
   * Makes a registry without models.
   *
   * @param listening calls the listeners; has to run tasks one after the other, in their order
   */
  public ModelRegistry(Executor listening) {
    this.news = new RegistryNews(listening);
  }

  /** Adds a listener, which is first told of the models that there are. */
  public void listen(RegistryListener listener) {
    synchronized (lock) {
      news.add(listener, all(), defaults());
    }
  }

  /** The model that a client names, or {@code null}; {@link #absence} tells why. */
  public @Nullable Model find(ModelRef ref) {
    Versions versions = models.get(ref.name());
    if (versions == null) {
      return null;
    }
    String version = ref.version();
    return version == null ? versions.defaultModel() : versions.byVersion().get(version);
  }

  /** Why {@link #find} found nothing. */
  public Failure absence(ModelRef ref) {
    if (ref.version() == null || !models.containsKey(ref.name())) {
      return Failure.of(ErrorKind.MODEL_NOT_FOUND, "Model not found: " + ref.name());
    }
    return Failure.of(
        ErrorKind.MODEL_VERSION_NOT_FOUND,
        "Model version: " + ref.version() + " does not exist for model: " + ref.name());
  }

  /**
   * The model that a client names.
   *
   * @throws ServeException if there is none
   */
  public Model require(ModelRef ref) {
    Model model = find(ref);
    if (model == null) {
      throw absence(ref).toException();
    }
    return model;
  }

  /** The default version of every model, sorted by name. */
  public List<Model> defaults() {
    List<Model> all = new ArrayList<>();
    new TreeMap<>(models).values().forEach(versions -> all.add(versions.defaultModel()));
    return all;
  }

  /** Every version of every model. */
  public List<Model> all() {
    List<Model> all = new ArrayList<>();
    models.values().forEach(versions -> all.addAll(versions.byVersion().values()));
    return all;
  }

  /**
   * All versions of a model, sorted by version text.
   *
   * @throws ServeException if there is no such model
   */
  public List<Model> versions(String name) {
    Versions versions = models.get(name);
    if (versions == null) {
      throw absence(ModelRef.of(name)).toException();
    }
    return List.copyOf(new TreeMap<>(versions.byVersion()).values());
  }

  /** The name of the only model that there is; {@code null}: there is none, or several. */
  @Nullable String onlyName() {
    Map<String, Versions> now = models;
    return now.size() == 1 ? now.keySet().iterator().next() : null;
  }

  /** The first name, in their order, whose default version came from a location. */
  @Nullable String nameAt(String location) {
    String first = null;
    for (Map.Entry<String, Versions> entry : models.entrySet()) {
      String name = entry.getKey();
      if (entry.getValue().defaultModel().location().equals(location)
          && (first == null || name.compareTo(first) < 0)) {
        first = name;
      }
    }
    return first;
  }

  /** Whether calls that name no version mean this one. */
  public boolean isDefault(Model model) {
    Versions versions = models.get(model.key().name());
    return versions != null && versions.defaultModel() == model;
  }

  /**
   * Keeps others from registering the same version until {@link #publish} or {@link #release}.
   *
   * @throws ServeException if it is registered or reserved
   */
  void reserve(ModelKey key) {
    synchronized (lock) {
      boolean known = find(key.ref()) != null;
      if (known || !reserved.add(key)) {
        throw new ServeException(
            ErrorKind.CONFLICT,
            "Model version "
                + key.version()
                + " is already registered for model "
                + key.name()
                + (known ? "" : " (being registered now)"));
      }
    }
  }

  /**
   * Keeps others from registering the version of a model that is to take another one's place, which
   * may have the same version unless it is to stay.
   *
   * @throws ServeException if the version is registered or reserved
   */
  void reserveBeside(ModelKey key, Model old, boolean keepOld) {
    if (!key.equals(old.key())) {
      reserve(key);
      return;
    }
    synchronized (lock) {
      if (keepOld || !reserved.add(key)) {
        throw new ServeException(
            ErrorKind.CONFLICT,
            keepOld
                ? "The new archive has the version of the old one, "
                    + key.version()
                    + " (expected: another version, since the old one is to be kept)"
                : "Model version " + key.version() + " is being registered now");
      }
    }
  }

  /**
   * Makes a model the default in one write, so that no reader finds neither.
   *
   * @param old what has to be the default still
   * @param model what becomes the default
   * @param staged whether the model was reserved and is not registered yet; else it has to be
   * @param keepOld whether the old one stays registered
   * @throws ServeException if something was changed meanwhile; nothing happens then
   */
  void replace(Model old, Model model, boolean staged, boolean keepOld) {
    synchronized (lock) {
      String name = old.key().name();
      String version = model.key().version();
      Versions now = models.get(name);
      if (now == null
          || now.defaultModel() != old
          || (!staged && now.byVersion().get(version) != model)) {
        throw new ServeException(
            ErrorKind.CONFLICT,
            "The versions of model " + name + " were changed by another call meanwhile.");
      }
      Map<String, Model> byVersion = new HashMap<>(now.byVersion());
      if (!keepOld) {
        byVersion.remove(old.key().version());
      }
      byVersion.put(version, model);
      reserved.remove(model.key());
      swap(name, new Versions(model, Collections.unmodifiableMap(byVersion)));
      if (staged) {
        news.published(model);
      }
      news.defaultChanged(model);
      if (!keepOld) {
        news.removed(old);
      }
    }
  }

  void release(ModelKey key) {
    synchronized (lock) {
      reserved.remove(key);
    }
  }

  /**
   * Makes a reserved model known.
   *
   * @param asDefault whether it becomes the default of its name; the first version does anyway
   */
  void publish(Model model, boolean asDefault) {
    synchronized (lock) {
      reserved.remove(model.key());
      Versions old = models.get(model.key().name());
      Map<String, Model> byVersion = old == null ? new HashMap<>() : new HashMap<>(old.byVersion());
      byVersion.put(model.key().version(), model);
      swap(
          model.key().name(),
          new Versions(
              old == null || asDefault ? model : old.defaultModel(),
              Collections.unmodifiableMap(byVersion)));
      news.published(model);
      if (old == null || asDefault) {
        news.defaultChanged(model);
      }
    }
  }

  /** Tells the listeners that a model's readiness or options are others, if it is registered. */
  void stateChanged(Model model) {
    synchronized (lock) {
      if (find(model.key().ref()) == model) {
        news.stateChanged(model);
      }
    }
  }

  /**
   * Makes a version the default.
   *
   * @throws ServeException if there is no such model or version
   */
  void setDefault(ModelKey key) {
    synchronized (lock) {
      Versions old = models.get(key.name());
      if (old == null) {
        throw absence(ModelRef.of(key.name())).toException();
      }
      Model model = old.byVersion().get(key.version());
      if (model == null) {
        throw new ServeException(
            ErrorKind.MODEL_VERSION_NOT_FOUND,
            "Model version " + key.version() + " does not exist for model " + key.name());
      }
      swap(key.name(), new Versions(model, old.byVersion()));
      if (old.defaultModel() != model) {
        news.defaultChanged(model);
      }
    }
  }

  /**
   * Takes a model out.
   *
   * @throws ServeException if there is none, or it is the default and not the last version
   */
  Model remove(ModelRef ref) {
    synchronized (lock) {
      Model model = require(ref);
      Versions old = models.get(ref.name());
      if (old == null) {
        throw absence(ref).toException();
      }
      boolean last = old.byVersion().size() == 1;
      if (!last && old.defaultModel() == model) {
        throw new ServeException(
            ErrorKind.DEFAULT_VERSION_IN_USE,
            "Cannot remove default version for model " + ref.name());
      }
      Map<String, Model> byVersion = new HashMap<>(old.byVersion());
      byVersion.remove(model.key().version());
      swap(
          ref.name(),
          last ? null : new Versions(old.defaultModel(), Collections.unmodifiableMap(byVersion)));
      news.removed(model);
      return model;
    }
  }

  /**
   * Takes out this very model if it is still there. Another version becomes the default when it was
   * that one.
   */
  void withdraw(Model model) {
    synchronized (lock) {
      Versions old = models.get(model.key().name());
      if (old == null || old.byVersion().get(model.key().version()) != model) {
        return;
      }
      Map<String, Model> byVersion = new TreeMap<>(old.byVersion());
      byVersion.remove(model.key().version());
      if (byVersion.isEmpty()) {
        swap(model.key().name(), null);
        news.removed(model);
        return;
      }
      boolean wasDefault = old.defaultModel() == model;
      Model next = wasDefault ? byVersion.values().iterator().next() : old.defaultModel();
      swap(model.key().name(), new Versions(next, Collections.unmodifiableMap(byVersion)));
      if (wasDefault) {
        news.defaultChanged(next);
      }
      news.removed(model);
    }
  }

  private void swap(String name, @Nullable Versions versions) {
    Map<String, Versions> next = new HashMap<>(models);
    if (versions == null) {
      next.remove(name);
    } else {
      next.put(name, versions);
    }
    models = Collections.unmodifiableMap(next);
  }
}
