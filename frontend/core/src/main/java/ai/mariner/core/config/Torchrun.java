package ai.mariner.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the processes of one parallel worker find each other: the {@code torchrun} block.
 *
 * @param nodes machines
 * @param processesPerNode processes on each, which is the number of devices of a worker; absent:
 *     {@code parallelLevel}
 * @param rendezvousBackend {@code rdzv-backend}
 * @param rendezvousEndpoint {@code rdzv-endpoint}; absent: one is made up
 * @param rendezvousConfig {@code rdzv-conf}; absent: none
 * @param threads {@code OMP_NUM_THREADS} of each process
 * @param monitorSeconds how often processes are looked at
 * @param nodeRank rank of this machine
 * @param maxRestarts how often torchrun starts the processes again by itself
 */
public record Torchrun(
    int nodes,
    @Nullable Integer processesPerNode,
    String rendezvousBackend,
    @Nullable String rendezvousEndpoint,
    @Nullable String rendezvousConfig,
    int threads,
    int monitorSeconds,
    int nodeRank,
    int maxRestarts) {
  private static final OptionType<Integer> ONE_OR_MORE = OptionType.whole(1);
  private static final OptionType<Integer> ANY = OptionType.whole(0);
  private static final OptionType<String> TEXT = OptionType.text("\\S+", "a text without blanks");
  private static final int MONITOR_SECONDS = 5;

  /** The block as an option. */
  static OptionType<Torchrun> type() {
    return OptionType.composed("a mapping", Torchrun::read);
  }

  private static @Nullable Torchrun read(String path, Object value, OptionReader options) {
    if (!(value instanceof Map<?, ?> given)) {
      throw new IllegalArgumentException(path);
    }
    Block block = new Block(path, given, options);
    Torchrun torchrun =
        new Torchrun(
            block.get("nnodes", ONE_OR_MORE, 1),
            block.get("nproc-per-node", ONE_OR_MORE),
            block.get("rdzv-backend", TEXT, "c10d"),
            block.get("rdzv-endpoint", TEXT),
            block.get("rdzv-conf", TEXT),
            block.get("OMP_NUMBER_THREADS", ONE_OR_MORE, 1),
            block.get("monitor-interval", ONE_OR_MORE, MONITOR_SECONDS),
            block.get("node-rank", ANY, 0),
            block.get("max-restarts", ANY, 0));
    options.unknownWithin(path, given.keySet(), block.known);
    return torchrun;
  }

  /** Takes the parts one by one and remembers which there are. */
  private static final class Block {
    private final String path;
    private final Map<?, ?> given;
    private final OptionReader options;
    private final List<String> known = new ArrayList<>();

    Block(String path, Map<?, ?> given, OptionReader options) {
      this.path = path;
      this.given = given;
      this.options = options;
    }

    <T> @Nullable T get(String key, OptionType<T> type) {
      known.add(key);
      Object value = given.get(key);
      return value == null ? null : options.value(path + "." + key, type, value);
    }

    <T> T get(String key, OptionType<T> type, T otherwise) {
      T value = get(key, type);
      return value == null ? otherwise : value;
    }
  }
}
