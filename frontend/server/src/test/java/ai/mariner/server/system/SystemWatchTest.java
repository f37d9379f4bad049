package ai.mariner.server.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.DeclaredMetric;
import ai.mariner.core.config.MetricType;
import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.StandardMetrics;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.worker.HostMemory;
import ai.mariner.server.metrics.PrometheusMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SystemWatchTest {
  private static final Lines LINES = new Lines("vm", InstantSource.system());

  @TempDir Path folder;
  private final List<String> logged = new ArrayList<>();
  private PrometheusMetrics metrics = new PrometheusMetrics("vm", Configs.METRICS, () -> 0);

  private void look(SystemSource... sources) {
    try (SystemWatch watch =
        new SystemWatch(
            List.of(sources), metrics.systemMetrics(), line -> logged.add(line.toString()))) {
      watch.look();
    }
  }

  private List<String> page(String... names) {
    return new String(metrics.expose(List.of(names)), StandardCharsets.UTF_8).lines().toList();
  }

  private Program script(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("measure.sh"), text);
    return new Program(List.of("sh", file.toString()), folder, Duration.ofSeconds(20));
  }

  @Test
  void measuresThisMachine() {
    look(new HostSource(LINES, () -> new HostMemory.Reading(3L << 20, 4L << 20), Path.of("/")));
    String labels = "{Level=\"Host\",Hostname=\"vm\"} ";
    assertThat(page("MemoryUsed", "MemoryAvailable", "MemoryUtilization"))
        .contains(
            "MemoryUsed" + labels + "1.0",
            "MemoryAvailable" + labels + "3.0",
            "MemoryUtilization" + labels + "25.0",
            "# TYPE MemoryUsed gauge");
    assertThat(page("DiskUsage", "DiskAvailable", "DiskUtilization")).hasSize(9);
    assertThat(logged)
        .anyMatch(
            line ->
                line.matches(
                    "MemoryUsed\\.Megabytes:1\\.000\\|#Level:Host\\|#hostname:vm,timestamp:\\d+"));
  }

  @Test
  void measuresGpusByTheDriversCommand() throws IOException {
    look(new NvidiaSource(LINES, script("echo '0, 512, 2048, 37'; echo '1, [N/A], [N/A], 5'")));
    String first = "{Level=\"Host\",DeviceId=\"0\",Hostname=\"vm\"} ";
    assertThat(page("GPUMemoryUtilization", "GPUMemoryUsed", "GPUUtilization"))
        .contains(
            "GPUMemoryUtilization" + first + "25.0",
            "GPUMemoryUsed" + first + "512.0",
            "GPUUtilization" + first + "37.0",
            "GPUUtilization{Level=\"Host\",DeviceId=\"1\",Hostname=\"vm\"} 5.0")
        .hasSize(3 * 2 + 4);
  }

  @Test
  void anOperatorsProgramIsToldTheWorkersAndMeasuresWhatIsDeclared() throws IOException {
    List<DeclaredMetric> declared = new ArrayList<>(StandardMetrics.OF_SERVER);
    declared.add(new DeclaredMetric("Pids", MetricType.GAUGE, "n", List.of("Level", "Hostname")));
    declared.add(new DeclaredMetric("Runs", MetricType.COUNTER, "n", List.of("Hostname")));
    metrics = new PrometheusMetrics("vm", withFile(declared), () -> 0);
    Program program =
        script(
            """
            read pids
            echo "Pids.n:$(echo $pids | tr , '\\n' | wc -l)|#Level:Host|#hostname:h,12"
            echo "Runs.n:2|#|#hostname:h,12"
            echo "Other.n:2|#|#hostname:h,12"
            echo
            echo 12:4096
            """);
    CommandSource source = new CommandSource(program, () -> List.of(12L, 13L));
    look(source, source);
    assertThat(page("Pids", "Runs", "Other"))
        .contains("Pids{Level=\"Host\",Hostname=\"h\"} 2.0", "Runs{Hostname=\"h\"} 4.0")
        .hasSize(6);
    assertThat(logged)
        .hasSize(4)
        .first()
        .asString()
        .isEqualTo("Pids.n:2|#Level:Host|#hostname:h,timestamp:12");
  }

  private static MetricsConfig withFile(List<DeclaredMetric> declared) {
    return new MetricsConfig(
        MetricsMode.LOG,
        null,
        declared,
        List.of(),
        true,
        10,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        "x");
  }

  @ParameterizedTest
  @CsvSource({
    "ts/metrics/metric_collector.py --gpu 0, /p/python ts/metrics/metric_collector.py --gpu 0",
    "-m mine.collector, /p/python -m mine.collector",
    "' /usr/bin/measure  -x', /usr/bin/measure -x",
  })
  void aScriptIsRunByTheServersPython(String command, String words) {
    assertThat(CommandSource.words(command, Path.of("/p/python")))
        .containsExactly(words.split(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "echo oh >&2; exit 3, it ended with status 3: oh",
    "echo hello, it printed 'hello'",
  })
  void whatAProgramDoesWrongIsSaid(String text, String fault) throws IOException {
    CommandSource source = new CommandSource(script(text), List::of);
    assertThat(source)
        .satisfies(
            each ->
                assertThatThrownBy(each::read)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(fault));
    look(source);
    assertThat(logged).isEmpty();
  }

  @Test
  void aProgramThatHangsIsEnded() throws IOException {
    Path file = Files.writeString(folder.resolve("hang.sh"), "sleep 1000 & wait");
    Program program = new Program(List.of("sh", file.toString()), folder, Duration.ofMillis(200));
    assertThatThrownBy(() -> program.run("")).hasMessageContaining("has not ended within");
  }
}
