package ai.mariner.worker.install;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.DependencyConfig;
import ai.mariner.worker.TestWorkers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonInstallerTest {
  @TempDir Path folder;

  @Test
  void aCacheThatCanNotBeMadeIsNamedWithItsKey() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    DependencyConfig config =
        new DependencyConfig(
            true,
            file.resolve("cache"),
            1,
            DependencyConfig.Installer.AUTO,
            Duration.ofSeconds(60));
    try (PythonInstaller installer =
        new PythonInstaller(config, TestWorkers.config(Path.of("python3"), folder), Map.of())) {
      assertThatThrownBy(installer::check)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("dependency_cache: " + file.resolve("cache") + " can't be used: ")
          .hasMessageContaining(" at " + file + " (expected: ");
    }
  }
}
