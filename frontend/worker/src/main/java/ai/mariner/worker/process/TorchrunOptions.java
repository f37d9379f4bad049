package ai.mariner.worker.process;

import ai.mariner.core.config.Torchrun;
import ai.mariner.core.worker.WorkerLaunch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What torchrun is told when it starts the ranks of a worker. */
final class TorchrunOptions {
  private static final String FREE_PORT = "localhost:0";
  private static final String MONITOR_SECONDS = "0.1";

  private final List<String> words = new ArrayList<>();

  private TorchrunOptions() {}

  /**
   * The options of a launch.
   *
   * @param ranks number of processes
   * @param socket where they connect to; files that nobody asked for lie beside it
   */
  static List<String> of(WorkerLaunch launch, int ranks, Torchrun torchrun, Path socket) {
    TorchrunOptions options = new TorchrunOptions();
    String id = launch.model().name() + '_' + launch.workerId() + '_' + launch.generation();
    String endpoint = torchrun.rendezvousEndpoint();
    Integer seconds = torchrun.monitorSeconds();
    String logs = torchrun.logDirectory();
    String own = "ranks-" + launch.workerId() + '-' + launch.generation();
    options.add("nnodes", "1");
    options.add("nproc-per-node", Integer.toString(ranks));
    options.add("rdzv-backend", torchrun.rendezvousBackend());
    options.add("rdzv-endpoint", endpoint == null ? FREE_PORT : endpoint);
    options.add("rdzv-conf", torchrun.rendezvousConfig());
    options.add("rdzv-id", id);
    // The machine's own name need not lead anywhere.
    options.add("local-addr", "localhost");
    options.add("max-restarts", Integer.toString(torchrun.maxRestarts()));
    options.add("monitor-interval", seconds == null ? MONITOR_SECONDS : seconds.toString());
    options.add("log-dir", logs == null ? socket.resolveSibling(own).toString() : logs);
    options.add("redirects", torchrun.redirects());
    options.add("tee", torchrun.tee());
    return options.words;
  }

  private void add(String name, @Nullable String value) {
    if (value != null) {
      words.add("--" + name);
      words.add(value);
    }
  }
}
