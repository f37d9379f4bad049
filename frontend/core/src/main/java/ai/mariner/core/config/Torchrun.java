package ai.mariner.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How torchrun starts the processes of one worker: the {@code torchrun} block.
 *
 * @param processesPerNode processes, which is the number of devices of a worker; absent: {@code
 *     parallelLevel}
 * @param rendezvousBackend {@code rdzv-backend}
 * @param rendezvousEndpoint {@code rdzv-endpoint}; absent: a free port of this machine
 * @param rendezvousConfig {@code rdzv-conf}; absent: none
 * @param threads {@code OMP_NUM_THREADS} of each process
 * @param monitorSeconds how often it looks at processes; absent: ten times a second
 * @param maxRestarts how often it starts the processes again by itself
 * @param logDirectory folder for what {@code redirects} and {@code tee} write; absent: one that the
 *     server removes
 * @param redirects which outputs go to files instead of the log; absent: none
 * @param tee which outputs go to files and the log; absent: none
 */
public record Torchrun(
    @Nullable Integer processesPerNode,
    String rendezvousBackend,
    @Nullable String rendezvousEndpoint,
    @Nullable String rendezvousConfig,
    int threads,
    @Nullable Integer monitorSeconds,
    int maxRestarts,
    @Nullable String logDirectory,
    @Nullable String redirects,
    @Nullable String tee) {
  private static final String BACKEND = "c10d";

  /** What holds when the block is absent. */
  public static final Torchrun STANDARD =
      new Torchrun(null, BACKEND, null, null, 1, null, 0, null, null, null);

  private static final OptionType<Integer> ONE_OR_MORE = OptionType.whole(1);
  private static final OptionType<Integer> ANY = OptionType.whole(0);
  private static final OptionType<String> TEXT =
      OptionType.text("[^\\s-]\\S*", "a text without blanks that does not begin with -");
  private static final OptionType<String> FOLDER =
      OptionType.text("[^\\s-].*", "a folder whose name does not begin with -");
  private static final OptionType<String> OUTPUTS = outputs();

  /** The block as an option. */
  static OptionType<Torchrun> type() {
    return OptionType.composed("a mapping", Torchrun::read);
  }

  private static @Nullable Torchrun read(String path, Object value, OptionReader options) {
    if (!(value instanceof Map<?, ?> given)) {
      throw new IllegalArgumentException(path);
    }
    Block block = new Block(path, given, options);
    block.get("nnodes", only(1, "1: all processes of a worker run on this machine"));
    block.get("node-rank", only(0, "0, this machine"));
    Integer threads = block.get("OMP_NUMBER_THREADS", ONE_OR_MORE);
    Torchrun torchrun =
        new Torchrun(
            block.get("nproc-per-node", ONE_OR_MORE),
            block.get("rdzv-backend", TEXT, BACKEND),
            block.get("rdzv-endpoint", TEXT),
            block.get("rdzv-conf", TEXT),
            block.get("OMP_NUM_THREADS", ONE_OR_MORE, threads == null ? 1 : threads),
            block.get("monitor-interval", ONE_OR_MORE),
            block.get("max-restarts", ANY, 0),
            block.get("log-dir", FOLDER),
            block.get("redirects", OUTPUTS),
            block.get("tee", OUTPUTS));
    options.unknownWithin(path, given.keySet(), block.known);
    return torchrun;
  }

  private static OptionType<Integer> only(int number, String words) {
    return new OptionType<>(
        OptionType.Kind.NUMBER,
        null,
        words,
        (path, value, options) -> {
          if (value.equals(number)) {
            return number;
          }
          throw new IllegalArgumentException(path);
        });
  }

  /** A number for all ranks, or one for each of some. */
  private static OptionType<String> outputs() {
    OptionType<String> text =
        OptionType.text(
            "[0-3]|[0-9]+:[0-3](,[0-9]+:[0-3])*",
            "0 to 3 (none, stdout, stderr, both), or one for each rank: \"0:3,1:2\"");
    return new OptionType<>(
        text.kind(),
        null,
        text.expected(),
        (path, value, options) ->
            text.reader()
                .read(path, value instanceof Integer ? String.valueOf(value) : value, options));
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
