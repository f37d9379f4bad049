package ai.mariner.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.testing.Configs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelSpecTest {
  private static ModelSpec resolve(ModelOverrides.Builder... sources) {
    List<ModelOverrides> built =
        List.of(sources).stream().map(ModelOverrides.Builder::build).toList();
    return ModelSpec.resolve(built, Configs.MODEL_DEFAULTS);
  }

  @Test
  void nothingGivenMeansTheServersDefaultsAndGreedyBatches() {
    ModelSpec spec = resolve();
    assertThat(spec.minWorkers()).isEqualTo(1);
    assertThat(spec.maxWorkers()).isEqualTo(1);
    assertThat(spec.batchSize()).isEqualTo(1);
    assertThat(spec.batchPolicy()).isEqualTo(BatchPolicy.GREEDY);
    assertThat(spec.responseTimeout()).isEqualTo(Configs.MODEL_DEFAULTS.responseTimeout());
    assertThat(spec.requestTimeout()).isNull();
    assertThat(spec.retryOnWorkerLoss()).isEqualTo(RetryOnWorkerLoss.MATES);
  }

  @Test
  void theFirstSourceThatGivesAnOptionWinsForThatOptionAlone() {
    ModelSpec spec =
        resolve(
            ModelOverrides.builder().batchSize(2),
            ModelOverrides.builder().batchSize(4).jobQueueSize(7),
            ModelOverrides.builder().jobQueueSize(9).startupTimeout(Duration.ofSeconds(3)));
    assertThat(spec.batchSize()).isEqualTo(2);
    assertThat(spec.jobQueueSize()).isEqualTo(7);
    assertThat(spec.startupTimeout()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void anExplicitDelayMeansAWindowUnlessThePolicySaysOtherwise() {
    Duration delay = Duration.ofMillis(20);
    assertThat(resolve(ModelOverrides.builder().maxBatchDelay(delay)).batchPolicy())
        .isEqualTo(BatchPolicy.WINDOW);
    assertThat(resolve(ModelOverrides.builder().maxBatchDelay(Duration.ZERO)).batchPolicy())
        .isEqualTo(BatchPolicy.GREEDY);
    assertThat(
            resolve(
                    ModelOverrides.builder().maxBatchDelay(delay),
                    ModelOverrides.builder().batchPolicy(BatchPolicy.GREEDY))
                .batchPolicy())
        .isEqualTo(BatchPolicy.GREEDY);
  }

  @Test
  void theUpperBoundOfWorkersIsNeverBelowTheLowerOne() {
    assertThat(resolve(ModelOverrides.builder().workers(4, 2)).maxWorkers()).isEqualTo(4);
    assertThat(resolve(ModelOverrides.builder().workers(null, 3)).maxWorkers()).isEqualTo(3);
  }

  @Test
  void otherWorkersChangeNothingElse() {
    ModelSpec spec = resolve(ModelOverrides.builder().batchSize(4));
    assertThat(spec.withWorkers(2, 5).withWorkers(1, 1)).isEqualTo(spec);
  }

  @Test
  void listenerAddressesAreWrittenAsInTheConfiguration() {
    assertThat(ListenerAddress.tcp("127.0.0.1", 8080)).hasToString("http://127.0.0.1:8080");
    assertThat(ListenerAddress.tcp("::1", 8080)).hasToString("http://[::1]:8080");
    assertThat(ListenerAddress.unix(Path.of("/tmp/a.sock"))).hasToString("unix:/tmp/a.sock");
  }
}
