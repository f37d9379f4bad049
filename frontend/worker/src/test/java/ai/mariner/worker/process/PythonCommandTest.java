package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Torchrun;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.PythonEnvironment;
import ai.mariner.core.worker.Spread;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.worker.TestWorkers;
import java.nio.file.Path;
import java.util.List;
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

  private static WorkerLaunch equipped(PythonEnvironment environment, String runtime) {
    return new WorkerLaunch(
        9001, 1, new ModelKey("m", "1.0"), MODEL, runtime, null, null, environment);
  }

  private static PythonCommand command(WorkerLaunch launch) {
    WorkerConfig config = TestWorkers.config(Path.of("/opt/venv/bin/python"), Path.of("/srv/app"));
    return PythonCommand.of(config, launch, SOCKET, "c0ffee", Map.of("PYTHONPATH", "/extra"));
  }

  @Test
  void packagesOfTheModelComeBeforeAllOthers() {
    WorkerLaunch launch =
        equipped(new PythonEnvironment(null, Path.of("/cache/packages"), true), "python");
    PythonCommand command = command(launch);
    assertThat(command.arguments()).startsWith("/opt/venv/bin/python");
    assertThat(command.environment())
        .containsEntry("PYTHONPATH", "/cache/packages:/extra:/srv/app");
    assertThat(PythonCommand.ownInterpreter(launch)).isFalse();
  }

  @Test
  void anInterpreterOfTheModelRunsItsWorkersWhateverTheRuntime() {
    PythonEnvironment own = new PythonEnvironment(Path.of("/cache/venv/bin/python"), null, true);
    for (String runtime : List.of("python", "python3")) {
      PythonCommand command = command(equipped(own, runtime));
      assertThat(command.arguments()).startsWith("/cache/venv/bin/python");
      assertThat(command.environment()).containsEntry("PYTHONPATH", "/extra:/srv/app");
    }
  }

  private static PythonCommand spread(Spread spread, Map<String, String> inherited) {
    WorkerConfig config = TestWorkers.config(Path.of("/opt/venv/bin/python"), HOME);
    WorkerLaunch launch =
        new WorkerLaunch(9001, 2, new ModelKey("m", "1.0"), MODEL, "python", 2, spread);
    return PythonCommand.of(config, launch, SOCKET, "c0ffee", inherited);
  }

  @Test
  void startsRanksWithTorchrunWhichDoesNotRestartThem() {
    Spread ranks = new Spread(2, List.of(), Torchrun.STANDARD);
    PythonCommand command = spread(ranks, Map.of("RANK", "3", "OMP_NUM_THREADS", "8"));
    assertThat(String.join(" ", command.arguments()))
        .isEqualTo(
            "/opt/venv/bin/python -u -m ts._worker.ranks --nnodes 1 --nproc-per-node 2"
                + " --rdzv-backend c10d --rdzv-endpoint localhost:0 --rdzv-id m_9001_2"
                + " --local-addr localhost --max-restarts 0 --monitor-interval 0.1"
                + " --log-dir /run/ranks-9001-2 -m ts._worker");
    assertThat(command.environment())
        .containsEntry("OMP_NUM_THREADS", "1")
        .doesNotContainKeys("RANK", "CUDA_VISIBLE_DEVICES");
  }

  @Test
  void passesTheOptionsOfTorchrunOn() {
    Torchrun options =
        new Torchrun(4, "static", "host:1", "timeout=9", 3, 2, 1, "/logs", "1:3", "2");
    PythonCommand command = spread(new Spread(4, List.of(), options), Map.of());
    assertThat(String.join(" ", command.arguments()))
        .contains(" --rdzv-backend static --rdzv-endpoint host:1 --rdzv-conf timeout=9 ")
        .contains(
            " --max-restarts 1 --monitor-interval 2 --log-dir /logs --redirects 1:3 --tee 2 ");
    assertThat(command.environment()).containsEntry("OMP_NUM_THREADS", "3");
  }

  @Test
  void aSpreadWorkerSeesItsOwnDevicesOfThoseThatTheServerSees() {
    Spread spread = new Spread(2, List.of(2, 3), null);
    assertThat(spread(spread, Map.of()).environment()).containsEntry("CUDA_VISIBLE_DEVICES", "2,3");
    assertThat(spread(spread, Map.of("CUDA_VISIBLE_DEVICES", "4, 5,6,GPU-a")).environment())
        .containsEntry("CUDA_VISIBLE_DEVICES", "6,GPU-a");
    assertThat(spread(spread, Map.of()).arguments())
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
        .containsEntry("TS_DECODE_INPUT_REQUEST", "true")
        .containsEntry("TS_OF_ALL", "yes");
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
