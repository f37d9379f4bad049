package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ParallelType;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.testing.Configs;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What workers that spread over several devices may be. */
final class ParallelRulesTest {
  private static final ModelKey MODEL = new ModelKey("m", "1.0");

  private static ModelOverrides.Builder parallel(ParallelType type, int level) {
    return ModelOverrides.builder()
        .set(CrewOptions.PARALLEL_TYPE, type)
        .set(CrewOptions.PARALLEL_LEVEL, level);
  }

  private static ModelSpec spec(ModelOverrides.Builder options) {
    return ModelSpec.resolve(List.of(options.build()), Configs.MODEL_DEFAULTS);
  }

  @Test
  void workersAreAsManyAsHaveDevicesOfTheirOwn() {
    ModelSpec spec = spec(parallel(ParallelType.TP, 2).workers(3, 4));
    ModelSpec applied = new ParallelRules(5).applied(MODEL, spec);
    assertThat(applied.minWorkers()).isEqualTo(2);
    assertThat(applied.maxWorkers()).isEqualTo(2);
  }

  @Test
  void processorsCarryAnyNumber() {
    ModelSpec spec = spec(parallel(ParallelType.PP, 8).workers(3, 4));
    assertThat(new ParallelRules(0).applied(MODEL, spec)).isEqualTo(spec);
  }

  @Test
  void tooFewDevicesAreRefused() {
    ModelSpec wants = spec(parallel(ParallelType.CUSTOM, 4));
    assertThatThrownBy(() -> new ParallelRules(3).applied(MODEL, wants))
        .hasMessageContaining("parallelLevel: 4 (expected: at most 3, or deviceType: cpu)");
    ModelSpec insists = spec(parallel(ParallelType.TP, 1).devices(DeviceType.GPU, null));
    assertThatThrownBy(() -> new ParallelRules(0).applied(MODEL, insists))
        .hasMessageContaining("No enough gpu devices");
  }

  @Test
  void onlyOneProcessMayRunSeveralRequestsAtOnce() {
    for (ParallelType type : ParallelType.values()) {
      ModelSpec spec = spec(parallel(type, 2).set(ProgramOptions.ASYNC_COMMUNICATION, true));
      if (type == ParallelType.CUSTOM) {
        assertThat(new ParallelRules(0).applied(MODEL, spec)).isEqualTo(spec);
      } else {
        assertThatThrownBy(() -> new ParallelRules(0).applied(MODEL, spec))
            .hasMessageContaining("asyncCommunication: true, with parallelType");
      }
    }
  }
}
