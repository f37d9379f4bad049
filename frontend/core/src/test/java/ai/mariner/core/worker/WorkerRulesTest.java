package ai.mariner.core.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.DeviceType;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WorkerRulesTest {
  private static List<@Nullable Integer> devices(DeviceAllocator allocator, int count) {
    Integer[] devices = new Integer[count];
    Arrays.setAll(devices, allocator::device);
    return Arrays.asList(devices);
  }

  @Test
  void workersOfSeveralDevicesTakeThemInStrides() {
    DeviceAllocator five = DeviceAllocator.of(null, List.of(), 5);
    assertThat(five.workers(2)).isEqualTo(2);
    assertThat(five.devices(0, 2)).containsExactly(0, 1);
    assertThat(five.devices(1, 2)).containsExactly(2, 3);
    assertThat(five.devices(2, 2)).containsExactly(0, 1);
    DeviceAllocator chosen = DeviceAllocator.of(null, List.of(4, 1, 3), 5);
    assertThat(chosen.devices(0, 3)).containsExactly(4, 1, 3);
    assertThat(chosen.devices(0, 4)).isEmpty();
    assertThat(DeviceAllocator.of(DeviceType.CPU, List.of(), 5).devices(0, 2)).isEmpty();
  }

  @Test
  void restartsBackOffAsFibonacciUpToTheLongestWait() {
    List<Duration> waits =
        IntStream.rangeClosed(1, 12).mapToObj(RestartPolicy.STANDARD::delay).toList();
    assertThat(waits.stream().map(Duration::toMillis))
        .containsExactly(
            100L, 1000L, 1000L, 2000L, 3000L, 5000L, 8000L, 13000L, 21000L, 30000L, 30000L, 30000L);
    assertThat(RestartPolicy.STANDARD.delay(Integer.MAX_VALUE)).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void workersGetTheDevicesInTurnTheFirstOneFirst() {
    assertThat(devices(DeviceAllocator.of(null, List.of(), 2), 5)).containsExactly(0, 1, 0, 1, 0);
    assertThat(devices(DeviceAllocator.of(DeviceType.GPU, List.of(3, 1), 4), 3))
        .containsExactly(3, 1, 3);
  }

  @Test
  void unknownDevicesMeanAllOfThem() {
    assertThat(devices(DeviceAllocator.of(DeviceType.GPU, List.of(0, 7), 2), 2))
        .containsExactly(0, 1);
    assertThat(devices(DeviceAllocator.of(DeviceType.GPU, List.of(-1), 1), 2))
        .containsExactly(0, 0);
  }

  @Test
  void aModelForTheProcessorOrAServerWithoutAcceleratorsGetsNone() {
    assertThat(DeviceAllocator.of(DeviceType.CPU, List.of(0), 2).device(0)).isNull();
    assertThat(DeviceAllocator.of(DeviceType.GPU, List.of(0), 0).device(1)).isNull();
  }

  @Test
  void exitCodesAboveASignalsOffsetAreThatSignal() {
    assertThat(ProcessExit.ofStatus(139)).hasToString("was ended by signal 11 (SIGSEGV)");
    assertThat(ProcessExit.ofStatus(137).killed()).isTrue();
    assertThat(ProcessExit.ofStatus(3)).hasToString("exited with code 3");
    assertThat(ProcessExit.ofStatus(255)).hasToString("exited with code 255");
    assertThat(ProcessExit.notStarted("no such file"))
        .hasToString("could not be started: no such file");
  }

  @Test
  void errorCodesAreThoseOfTheWire() {
    assertThat(WorkerError.ofCode(0)).isNull();
    assertThat(WorkerError.ofCode(WorkerError.values().length + 1)).isNull();
    assertThat(WorkerError.values())
        .allSatisfy(error -> assertThat(WorkerError.ofCode(error.code())).isEqualTo(error));
  }
}
