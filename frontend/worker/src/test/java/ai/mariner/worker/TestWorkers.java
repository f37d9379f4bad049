package ai.mariner.worker;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.WorkerLaunch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Configurations, launches and scripted worker processes. */
public final class TestWorkers {
  private TestWorkers() {}

  /** The interpreter of the tests: {@code MARINER_TEST_PYTHON}, else {@code python3}. */
  public static Path python() {
    String chosen = System.getProperty("MARINER_TEST_PYTHON", System.getenv("MARINER_TEST_PYTHON"));
    return Path.of(chosen == null || chosen.isEmpty() ? "python3" : chosen);
  }

  /** The repository. */
  public static Path repository() {
    return Path.of(System.getProperty("mariner.root"));
  }

  /** A configuration with this interpreter and this folder of the {@code ts} package. */
  public static WorkerConfig config(Path python, Path serverHome, String... hiddenEnvironment) {
    return new WorkerConfig(
        python,
        serverHome,
        serverHome,
        9000,
        List.of(),
        List.of(hiddenEnvironment),
        null,
        null,
        true,
        true,
        true,
        "null",
        0,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Map.of("TS_OF_ALL", "yes"),
        Duration.ZERO);
  }

  /** The first start of a worker in the folder. */
  public static WorkerLaunch launch(int workerId, Path directory) {
    return launch(workerId, directory, "python");
  }

  /** The first start of a worker for this runtime. */
  public static WorkerLaunch launch(int workerId, Path directory, String runtime) {
    return new WorkerLaunch(workerId, 1, new ModelKey("m", "1.0"), directory, runtime, null);
  }

  /**
   * Makes a folder whose {@code ts._worker} is the script, with {@code peer.py} at its side.
   *
   * @param folder where to put it
   * @param script Python source
   */
  public static Path scripted(Path folder, String script) {
    Path ts = folder.resolve("ts");
    try (var peer = TestWorkers.class.getResourceAsStream("/peer.py")) {
      Files.createDirectories(ts);
      Files.writeString(ts.resolve("__init__.py"), "");
      Files.write(ts.resolve("peer.py"), java.util.Objects.requireNonNull(peer).readAllBytes());
      Files.writeString(
          ts.resolve("_worker.py"), "from ts.peer import *\n" + script, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }
}
