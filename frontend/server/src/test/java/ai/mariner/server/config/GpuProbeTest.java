package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuProbeTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "0, 1",
    "'0,1, 2', 3",
    "-1, 0",
    "'1,-1,2', 1",
    "'GPU-a,GPU-b', 2",
    "NoDevFiles, 1"
  })
  void theEnvironmentComesFirst(String devices, int count) {
    GpuProbe probe = new GpuProbe(Map.of("CUDA_VISIBLE_DEVICES", devices), List.of("false"), LIMIT);
    assertThat(probe.getAsInt()).isEqualTo(count);
  }

  @ParameterizedTest
  @CsvSource({
    "'printf 0\\\\n1\\\\n', 2",
    "'echo No devices were found', 0",
    "'printf 0\\\\n; exit 9', 0"
  })
  void elseTheDriverIsAsked(String script, int count) {
    GpuProbe probe = new GpuProbe(Map.of(), List.of("sh", "-c", script), LIMIT);
    assertThat(probe.getAsInt()).isEqualTo(count);
  }

  @Test
  void noDriverMeansNoGpu() {
    assertThat(new GpuProbe(Map.of(), List.of("no-such-command-here"), LIMIT).getAsInt()).isZero();
  }

  @Test
  void aHangingDriverMeansNoGpu() {
    GpuProbe probe =
        new GpuProbe(Map.of(), List.of("sh", "-c", "read line < /dev/zero"), Duration.ofMillis(50));
    assertThat(probe.getAsInt()).isZero();
  }
}
