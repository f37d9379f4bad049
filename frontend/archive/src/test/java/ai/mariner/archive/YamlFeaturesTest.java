package ai.mariner.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.config.WarmupInput;
import ai.mariner.core.config.WorkerLifespan;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class YamlFeaturesTest {
  private static ModelOverrides overrides(String yaml) {
    return new ModelYamlReader(Profile.MARINER).read(yaml, "c.yaml").overrides();
  }

  private static ModelSpec read(String yaml) {
    return ModelSpec.resolve(
        List.of(overrides(yaml)),
        new ModelDefaults(1, Duration.ofMinutes(2), Duration.ofMinutes(2), 100));
  }

  @Test
  void readsEveryFeature() {
    ModelSpec spec =
        read(
            """
            maxWorkerRequests: 1000
            maxWorkerRssMb: 2048
            maxWorkerAgeSec: 3600
            autoscale: true
            autoscaleQueueWaitMs: 20
            autoscaleCooldownSec: 5
            idleUnloadSec: 600
            responseCacheMb: 64
            responseCacheTtlSec: 10
            rateLimit: 100
            rateLimitBurst: 20
            priorityAgeingMs: 500
            """);

    assertThat(spec.lifespan()).isEqualTo(new WorkerLifespan(1000, 2L << 30, Duration.ofHours(1)));
    assertThat(spec.autoscale())
        .isEqualTo(new Autoscale(Duration.ofMillis(20), Duration.ofSeconds(5)));
    assertThat(spec.idleUnload()).isEqualTo(Duration.ofMinutes(10));
    assertThat(spec.responseCache()).isEqualTo(new CacheLimits(64L << 20, Duration.ofSeconds(10)));
    assertThat(spec.rateLimit()).isEqualTo(new RateLimit(100, 20));
    assertThat(spec.priorityAgeing()).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void leavesFeaturesOffThatNobodySwitchesOn() {
    ModelSpec spec = read("autoscale: false\nautoscaleQueueWaitMs: 20\nresponseCacheTtlSec: 1\n");

    assertThat(spec).isEqualTo(read(""));
  }

  @Test
  void givesSwitchedOnFeaturesTheirDefaults() {
    ModelSpec spec = read("autoscale: true\nresponseCacheMb: 1\nrateLimit: 7\n");

    assertThat(spec.autoscale())
        .isEqualTo(new Autoscale(Duration.ofMillis(50), Duration.ofSeconds(30)));
    assertThat(spec.responseCache()).isEqualTo(new CacheLimits(1L << 20, Duration.ofMinutes(5)));
    assertThat(spec.rateLimit()).isEqualTo(new RateLimit(7, 7));
  }

  @Test
  void readsWarmUpInputs() {
    ModelSpec spec =
        read(
            """
            warmup:
              - file: samples/one.png
                contentType: image/png
              - json: {a: [1, 2]}
              - text: hello
            """);

    assertThat(spec.warmup())
        .containsExactly(
            new WarmupInput("image/png", "samples/one.png", null),
            new WarmupInput("application/json", null, "{\"a\":[1,2]}"),
            new WarmupInput("text/plain", null, "hello"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "warmup: hello",
        "warmup: [hello]",
        "warmup: [{file: ../secret}]",
        "warmup: [{file: /etc/passwd}]",
        "warmup: [{file: a, text: b}]",
        "warmup: [{file: 7}]",
        "warmup: [{text: a, contentType: 7}]",
        "warmup: [{contentType: text/plain}]",
      })
  void refusesWarmUpInputsThatAreNone(String yaml) {
    assertThatThrownBy(() -> read(yaml))
        .hasMessageContaining("warmup: ")
        .hasMessageContaining("(expected: a list of mappings with one of file, json or text");
  }

  @ParameterizedTest
  @CsvSource({
    "maxWorkerRequests, 0",
    "rateLimit, -1",
    "responseCacheMb, '\"many\"'",
    "idleUnloadSec, 0",
    "autoscale, 2"
  })
  void refusesValuesThatMakeNoSense(String key, String value) {
    assertThatThrownBy(() -> read(key + ": " + value))
        .hasMessageContaining(key + ": " + value + " (expected: ");
  }
}
