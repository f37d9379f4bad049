package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImpliedOptionsTest {
  private static final List<ModelOverrides> SILENT = List.of(ModelOverrides.NONE);

  @ParameterizedTest
  @ValueSource(strings = {"sklearn", "ts.runtimes.xgboost", "lightgbm", "catboost"})
  void modelsOfTablesTakeWhatWaits(String handler) {
    assertThat(ImpliedOptions.of(handler, SILENT).get(ProgramOptions.BATCH_SIZE)).isEqualTo(32);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"sklearn.py", "onnx", "ts.runtimes.mlflow", "image_classifier"})
  void othersHaveTheServersDefaults(String handler) {
    assertThat(ImpliedOptions.of(handler, SILENT)).isEqualTo(ModelOverrides.NONE);
  }

  @Test
  void whoeverHasWordOnBatchesIsObeyed() {
    List<ModelOverrides> words =
        List.of(
            ModelOverrides.builder().batchSize(1).build(),
            ModelOverrides.builder().maxBatchDelay(Duration.ofMillis(5)).build(),
            ModelOverrides.builder().batchPolicy(BatchPolicy.WINDOW).build());
    for (ModelOverrides word : words) {
      assertThat(ImpliedOptions.of("sklearn", List.of(ModelOverrides.NONE, word)))
          .isEqualTo(ModelOverrides.NONE);
    }
  }
}
