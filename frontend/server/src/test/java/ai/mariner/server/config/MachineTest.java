package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("CUDA_VISIBLE_DEVICES", "0,1");

  @Test
  void theRealMachineLoadsAConfiguration(@TempDir Path folder) throws java.io.IOException {
    Files.createDirectory(folder.resolve("ts"));
    CommandLine arguments =
        CommandLine.parse(List.of("--server-home", folder.toString())).commandLine();
    ConfigOutcome outcome =
        new ConfigLoader(Machine.current(ENVIRONMENT), "0.13.0")
            .loadWithFile(Profile.MARINER, arguments, ENVIRONMENT, folder);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            ConfigOutcome.Loaded.class,
            loaded -> {
              assertThat(loaded.config().worker().gpuCount()).isEqualTo(2);
              assertThat(loaded.config().limits().maxInflightBytes()).isPositive();
              assertThat(loaded.config().eventLoops()).isPositive();
              assertThat(loaded.config().worker().runDirectory()).doesNotExist();
            });
  }

  @Test
  void everyRunHasItsOwnFolder() {
    assertThat(Machine.current(ENVIRONMENT).runDirectory())
        .isNotEqualTo(Machine.current(ENVIRONMENT).runDirectory());
  }
}
