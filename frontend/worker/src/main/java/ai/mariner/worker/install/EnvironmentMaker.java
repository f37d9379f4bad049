package ai.mariner.worker.install;

import ai.mariner.core.config.DependencyConfig;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.model.Dependencies.Wanted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes environments with {@code ts._installer}, and knows what they depend on. Blocks;
 * thread-safe.
 */
final class EnvironmentMaker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EnvironmentMaker.class);
  private static final Duration IDENTITY_LIMIT = Duration.ofSeconds(60);
  private static final String PYTHONPATH = "PYTHONPATH";

  private final DependencyConfig config;
  private final WorkerConfig workers;
  private final Map<String, String> environment;
  private final Map<String, String> identities = new ConcurrentHashMap<>();
  private final Set<InstallProcess> processes = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Makes a maker.
   *
   * @param environment the server's own environment
   */
  EnvironmentMaker(DependencyConfig config, WorkerConfig workers, Map<String, String> environment) {
    this.config = config;
    this.workers = workers;
    this.environment = new HashMap<>(workers.visible(environment));
    // The server's home is the working directory, and has to be looked in.
    this.environment.remove("PYTHONSAFEPATH");
  }

  /** The name of the environment that a model needs. */
  String key(Wanted wanted) throws InstallException, IOException {
    String name = wanted.requirements();
    RequirementsFile asked = name == null ? null : RequirementsFile.read(wanted.directory(), name);
    List<String> surroundings =
        List.of(
            identity(wanted.runtime(), asked != null),
            environment.getOrDefault(PYTHONPATH, ""),
            name == null ? "" : name);
    return EnvironmentKey.of(surroundings, wanted.directory(), asked);
  }

  /** What an environment depends on beside the archive; asked once for each interpreter. */
  private String identity(String runtime, boolean installs) throws InstallException, IOException {
    List<String> command = command(runtime, "identity");
    if (installs) {
      command.add("--installs");
    }
    String asked = String.join(" ", command);
    String known = identities.get(asked);
    if (known != null) {
      return known;
    }
    InstallProcess process = start("Python of environments", command, environment);
    List<String> lines = await(process, IDENTITY_LIMIT);
    String identity = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    identities.put(asked, identity);
    return identity;
  }

  /**
   * Makes an environment.
   *
   * @param folder where; is not there yet
   */
  void make(Wanted wanted, Path folder) throws InstallException, IOException {
    long begun = System.nanoTime();
    String title = "install for " + wanted.model();
    String name = wanted.requirements();
    List<String> command = command(wanted.runtime(), "make");
    command.addAll(List.of("--directory", wanted.directory().toString()));
    if (name != null) {
      command.addAll(List.of("--requirements", name));
      for (Path wheels : RequirementsFile.read(wanted.directory(), name).folders()) {
        command.addAll(List.of("--wheels", wheels.toString()));
      }
    }
    command.add(folder.toString());
    // Whatever a killed installer leaves goes with the folder.
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    Map<String, String> variables = new HashMap<>(environment);
    variables.put("TMPDIR", temporary.toString());
    log.info("{}: {} into {}", title, name == null ? "an environment" : name, folder);
    List<String> last = await(start(title, command, variables), config.timeout());
    Removal.of(temporary);
    log.info(
        "{}: done in {} ms{}",
        title,
        (System.nanoTime() - begun) / 1_000_000,
        last.isEmpty() ? "" : ": " + last.get(last.size() - 1));
  }

  private List<String> command(String runtime, String action) {
    String python = runtime.equals("python3") ? runtime : workers.python().toString();
    String installer = config.installer().name().toLowerCase(Locale.ROOT);
    return new ArrayList<>(
        List.of(python, "-m", "ts._installer", action, "--installer", installer));
  }

  private InstallProcess start(String title, List<String> command, Map<String, String> variables)
      throws IOException {
    InstallProcess process = InstallProcess.start(title, command, workers.serverHome(), variables);
    processes.add(process);
    if (closed) {
      process.kill();
    }
    return process;
  }

  private List<String> await(InstallProcess process, Duration limit) throws InstallException {
    try {
      return process.await(limit);
    } finally {
      processes.remove(process);
    }
  }

  /** Kills what is under way, and from now on what is started. */
  @Override
  public void close() {
    closed = true;
    processes.forEach(InstallProcess::kill);
  }
}
