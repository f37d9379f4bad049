package ai.mariner.server.config;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The table of all configuration keys, TorchServe's and the product's own, by chapter. The loader,
 * the environment names and the reference page are all read from it; a key exists nowhere else.
 */
final class Settings {
  final ListenerSettings listeners = new ListenerSettings();
  final ModelSettings models = new ModelSettings();
  final WorkerSettings workers = new WorkerSettings();
  final DependencySettings dependencies = new DependencySettings();
  final LimitSettings limits = new LimitSettings();
  final TlsSettings tls = new TlsSettings();
  final AccessSettings access = new AccessSettings();
  final MetricSettings metrics = new MetricSettings();
  final SequenceSettings sequences = new SequenceSettings();
  final NetworkSettings network = new NetworkSettings();
  final ProcessSettings process = new ProcessSettings();

  private final List<Setting<?>> rows =
      Stream.of(
              listeners.chapter,
              models.chapter,
              workers.chapter,
              dependencies.chapter,
              limits.chapter,
              tls.chapter,
              access.chapter,
              metrics.chapter,
              sequences.chapter,
              network.chapter,
              process.chapter)
          .<Setting<?>>flatMap(chapter -> chapter.rows().stream())
          .toList();

  /** All rows. */
  List<Setting<?>> all() {
    return rows;
  }

  /** The row of a key, if there is one. */
  @Nullable Setting<?> find(String key) {
    for (Setting<?> row : rows) {
      if (row.key().equals(key)) {
        return row;
      }
    }
    return null;
  }
}
