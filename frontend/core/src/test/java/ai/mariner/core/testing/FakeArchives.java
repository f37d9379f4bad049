package ai.mariner.core.testing;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.ArchiveStore;
import ai.mariner.core.model.Manifest;
import ai.mariner.core.model.ModelArchive;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A store of archives that were never packed; knows how many of them are unpacked. Thread-safe. */
public final class FakeArchives implements ArchiveStore {
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicInteger unpacked = new AtomicInteger();

  private record Entry(Manifest manifest, ModelOverrides overrides) {}

  /** Puts an archive there: {@code name.mar}, or {@code name-version.mar} for another version. */
  public FakeArchives put(String location, @Nullable String modelName, String version) {
    return put(location, modelName, version, "handler.py", ModelOverrides.NONE);
  }

  /** Puts an archive there with all that can be said. */
  public FakeArchives put(
      String location,
      @Nullable String modelName,
      String version,
      @Nullable String handler,
      ModelOverrides overrides) {
    Manifest manifest = new Manifest(modelName, version, handler, "python", null);
    entries.put(location, new Entry(manifest, overrides));
    return this;
  }

  /** Puts an archive there that asks for packages, and maybe for an interpreter of its own. */
  public FakeArchives putWithRequirements(
      String location, String modelName, ModelOverrides overrides) {
    Manifest manifest =
        new Manifest(modelName, "1.0", "handler.py", "python", null, "requirements.txt");
    entries.put(location, new Entry(manifest, overrides));
    return this;
  }

  @Override
  public ModelArchive fetch(String location, boolean signed) {
    Entry entry = entries.get(location);
    if (entry == null) {
      throw new ServeException(
          ErrorKind.ARCHIVE_NOT_FOUND, "Model not found in model store: " + location);
    }
    unpacked.incrementAndGet();
    AtomicInteger held = new AtomicInteger(1);
    return new ModelArchive(
        location,
        Path.of("unpacked", location),
        entry.manifest(),
        entry.overrides(),
        null,
        location.replaceFirst("\\.mar$", ""),
        () -> unpacked.addAndGet(-held.getAndSet(0)));
  }

  @Override
  public List<String> list(boolean withoutManifest) {
    return List.copyOf(new TreeMap<>(entries).keySet());
  }

  /** Archives that are unpacked and not given back. */
  public int unpacked() {
    return unpacked.get();
  }
}
