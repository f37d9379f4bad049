package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.worker.TestWorkers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonCommandTest {
  private static final Path HOME = Path.of("/srv/site-packages");
  private static final Path MODEL = Path.of("/run/model");
  private static final Path SOCKET = Path.of("/run/w0.sock");

  private static PythonCommand command(
      Map<String, String> inherited, String runtime, String... hidden) {
    WorkerConfig config = TestWorkers.config(Path.of("/opt/venv/bin/python"), HOME, hidden);
    return PythonCommand.of(
        config, TestWorkers.launch(9001, MODEL, runtime), SOCKET, "c0ffee", inherited);
  }

  @Test
  void runsTheWorkerWithTheConfiguredInterpreter() {
    assertThat(command(Map.of(), "python").arguments())
        .containsExactly("/opt/venv/bin/python", "-u", "-m", "ts._worker");
  }

  @Test
  void runsTheWorkerWithThePathsPython3WhenTheManifestAsksForIt() {
    assertThat(command(Map.of(), "python3").arguments().get(0)).isEqualTo("python3");
  }

  @Test
  void tellsTheWorkerWhoItIsAndWhereToConnect() {
    assertThat(command(Map.of("MARINER_NONCE", "stale"), "python").environment())
        .containsEntry("MARINER_SOCKET", "/run/w0.sock")
        .containsEntry("MARINER_WORKER", "9001")
        .containsEntry("MARINER_GENERATION", "1")
        .containsEntry("MARINER_NONCE", "c0ffee")
        .containsEntry("TS_DECODE_INPUT_REQUEST", "true");
  }

  @Test
  void passesTheServersOwnPathOnAndLeavesTheModelFolderToTheWorker() {
    assertThat(command(Map.of("PYTHONPATH", "/a:/b"), "python").environment())
        .containsEntry("PYTHONPATH", "/a:/b")
        .containsEntry("PYTHONSAFEPATH", "1");
  }

  @Test
  void hasNoPathWhenTheServerHasNoneAndTheInterpreterFindsThePackageItself() {
    assertThat(command(Map.of(), "python").environment()).doesNotContainKey("PYTHONPATH");
  }

  @Test
  void passesOtherVariablesOn() {
    assertThat(command(Map.of("LOG_LOCATION", "/logs", "OMP_NUM_THREADS", "1"), "python"))
        .extracting(PythonCommand::environment)
        .asInstanceOf(
            org.assertj.core.api.InstanceOfAssertFactories.map(String.class, String.class))
        .containsEntry("LOG_LOCATION", "/logs")
        .containsEntry("OMP_NUM_THREADS", "1");
  }

  @Test
  void hidesVariablesWhoseWholeNameMatches() {
    Map<String, String> inherited =
        Map.of("AWS_SECRET", "s", "MY_AWS_SECRET", "m", "TOKEN", "t", "TOKENS", "u", "token", "v");

    Map<String, String> environment =
        command(inherited, "python", "AWS_.*", "TOKEN|.*PASSWORD").environment();

    assertThat(environment).doesNotContainKeys("AWS_SECRET", "TOKEN");
    assertThat(environment).containsKeys("MY_AWS_SECRET", "TOKENS", "token");
  }

  @Test
  void setsItsOwnVariablesEvenIfTheInheritedOnesAreHidden() {
    Map<String, String> environment =
        command(Map.of("PYTHONPATH", "/hidden", "MARINER_X", "x"), "python", "PYTHON.*|MARINER.*")
            .environment();
    assertThat(environment)
        .containsEntry("PYTHONSAFEPATH", "1")
        .containsEntry("MARINER_WORKER", "9001")
        .doesNotContainKeys("MARINER_X", "PYTHONPATH");
  }

  @Test
  void keepsTheGroupOfTheServerFromTheWorker() {
    Map<String, String> inherited = Map.of("RANK", "3", "WORLD_SIZE", "4", "LOCAL_RANK", "1");
    assertThat(command(inherited, "python").environment())
        .doesNotContainKeys("RANK", "WORLD_SIZE")
        .containsKey("LOCAL_RANK");
  }

  @Test
  void keepsFreedMemoryForTheNextBatch() {
    assertThat(command(Map.of("MALLOC_ARENA_MAX", "2"), "python").environment())
        .containsEntry("MALLOC_ARENA_MAX", "2")
        .containsEntry("MALLOC_MMAP_THRESHOLD_", "33554432")
        .containsEntry("MALLOC_TRIM_THRESHOLD_", "67108864");
  }

  @ParameterizedTest
  @CsvSource({
    "MALLOC_MMAP_THRESHOLD_, 131072, MALLOC_TRIM_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_, 131072, MALLOC_MMAP_THRESHOLD_",
    "GLIBC_TUNABLES, glibc.malloc.trim_threshold=131072, MALLOC_TRIM_THRESHOLD_"
  })
  void leavesFreedMemoryToTheUsersOwnSettings(String name, String value, String other) {
    assertThat(command(Map.of(name, value), "python").environment())
        .containsEntry(name, value)
        .doesNotContainKey(other);
  }
}
