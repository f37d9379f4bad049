package ai.mariner.server.system;

import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.worker.HostMemory;
import ai.mariner.server.metrics.MetricLine;
import ai.mariner.server.metrics.SystemMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures the system at every interval, on a thread of its own. */
public final class SystemWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SystemWatch.class);

  /** Processors are measured from look to look; the first one is not long after the start. */
  private static final Duration FIRST = Duration.ofMillis(200);

  private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(30);

  private final List<SystemSource> sources;
  private final SystemMetrics metrics;
  private final Consumer<MetricLine> logged;
  private final ScheduledExecutorService thread;
  private final Map<SystemSource, String> faults = new HashMap<>();

  SystemWatch(List<SystemSource> sources, SystemMetrics metrics, Consumer<MetricLine> logged) {
    this.sources = List.copyOf(sources);
    this.metrics = metrics;
    this.logged = logged;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, "system-metrics");
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * What a watch needs of the server.
   *
   * @param hostname name of this machine
   * @param memory tells the memory
   * @param gpus whether there are GPUs
   * @param python runs an operator's program that is a script
   * @param home working directory of an operator's program
   * @param pids process ids of the workers
   */
  public record Host(
      String hostname,
      HostMemory memory,
      boolean gpus,
      Path python,
      Path home,
      Supplier<List<Long>> pids) {}

  /**
   * Starts to measure.
   *
   * @param config how often, and by whom
   * @param metrics where it is shown
   * @param host what is measured
   * @return absent: nothing is measured
   */
  public static @Nullable SystemWatch start(
      MetricsConfig config, SystemMetrics metrics, Host host) {
    Duration interval = config.systemInterval();
    if (interval == null) {
      return null;
    }
    Logger lines = LoggerFactory.getLogger("TS_METRICS");
    Consumer<MetricLine> logged =
        config.mode().logs() ? line -> lines.info("{}", line) : line -> {};
    SystemWatch watch = new SystemWatch(sources(config, host), metrics, logged);
    var unused =
        watch.thread.scheduleWithFixedDelay(
            watch::look, FIRST.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    return watch;
  }

  private static List<SystemSource> sources(MetricsConfig config, Host host) {
    String command = config.systemCommand();
    if (command != null) {
      List<String> words = CommandSource.words(command, host.python());
      Program program = new Program(words, host.home(), PROGRAM_LIMIT);
      return List.of(new CommandSource(program, host.pids()));
    }
    Lines lines = new Lines(host.hostname(), InstantSource.system());
    List<SystemSource> sources = new ArrayList<>();
    HostSource.begin();
    sources.add(new HostSource(lines, host.memory(), Path.of("/")));
    if (host.gpus()) {
      Program program = new Program(NvidiaSource.COMMAND, host.home(), PROGRAM_LIMIT);
      sources.add(new NvidiaSource(lines, program));
    }
    return sources;
  }

  /** Measures once. */
  void look() {
    List<MetricLine> lines = new ArrayList<>();
    for (SystemSource source : sources) {
      try {
        lines.addAll(source.read());
        faults.remove(source);
      } catch (IOException | RuntimeException e) {
        String fault = e.getMessage() == null ? e.toString() : e.getMessage();
        if (!fault.equals(faults.put(source, fault))) {
          log.warn("system metrics: {}: {}", source.who(), fault);
        }
      }
    }
    metrics.update(lines).forEach(logged);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
