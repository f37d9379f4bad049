package ai.mariner.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.testing.Configs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelOptionsTest {
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private ModelOverrides read(OptionReader.Manner manner, Map<String, ?> values) {
    OptionFindings findings =
        new OptionFindings() {
          @Override
          public void problem(String key, String what) {
            problems.add(what);
          }

          @Override
          public void warning(String key, String what) {
            warnings.add(what);
          }
        };
    return new OptionReader(OptionSource.ARCHIVE, manner, findings).read(values);
  }

  private ModelOverrides strict(Map<String, ?> values) {
    return read(OptionReader.Manner.STRICT, values);
  }

  private static ModelSpec resolve(ModelOverrides... sources) {
    return ModelSpec.resolve(List.of(sources), Configs.MODEL_DEFAULTS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "minWorkers",
        "maxWorkers",
        "batchSize",
        "maxBatchDelay",
        "responseTimeout",
        "startupTimeout",
        "deviceType",
        "deviceIds",
        "parallelType",
        "parallelLevel",
        "torchrun",
        "maxRetryTimeoutInSec",
        "clientTimeoutInMills",
        "jobQueueSize",
        "useJobTicket",
        "continuousBatching",
        "sequenceBatching",
        "sequenceMaxIdleMSec",
        "sequenceTimeoutMSec",
        "maxSequenceJobQueueSize",
        "maxNumSequence",
        "asyncCommunication",
        "useVenv"
      })
  void everyKeyOfTorchservesArchivesIsKnown(String key) {
    assertThat(ModelOptions.spellings(OptionSource.ARCHIVE)).contains(key);
  }

  @Test
  void namesAreUniqueInEverySource() {
    for (OptionSource source : OptionSource.values()) {
      assertThat(ModelOptions.spellings(source)).doesNotHaveDuplicates();
    }
    assertThat(ModelOptions.ALL.stream().map(ModelOption::loadField).filter(f -> f != null))
        .doesNotHaveDuplicates();
  }

  @Test
  void switchesThatAreOffAreNoProblem() {
    strict(Map.of("asyncCommunication", false, "useVenv", false, "parallelType", ""));
    assertThat(problems).isEmpty();
  }

  @Test
  void readsTheTorchrunBlockWithItsDefaults() {
    Torchrun torchrun =
        CrewOptions.TORCHRUN
            .type()
            .reader()
            .read(
                "torchrun",
                Map.of(
                    "nnodes", 1,
                    "nproc-per-node", 2,
                    "rdzv-endpoint", "host:1",
                    "max-restarts", 1,
                    "OMP_NUMBER_THREADS", 3,
                    "redirects", 3),
                new OptionReader(
                    OptionSource.ARCHIVE, OptionReader.Manner.STRICT, new NoFindings()));
    assertThat(torchrun)
        .isEqualTo(new Torchrun(2, "c10d", "host:1", null, 3, null, 1, null, "3", null));
  }

  @Test
  void theLevelIsTorchrunsNumberOfProcessesUnlessItIsGiven() {
    ModelOverrides both =
        strict(Map.of("parallelType", "tp", "torchrun", Map.of("nproc-per-node", 3)));
    assertThat(level(both)).isEqualTo(3);
    assertThat(level(strict(Map.of("parallelType", "pp", "parallelLevel", 2)))).isEqualTo(2);
    assertThat(level(strict(Map.of("parallelType", "pptp")))).isEqualTo(1);
    assertThat(resolve(strict(Map.of("parallelLevel", 2))).parallelism()).isNull();
    Parallelism custom = resolve(strict(Map.of("parallelType", "custom"))).parallelism();
    assertThat(Objects.requireNonNull(custom).hasRanks()).isFalse();
  }

  private int level(ModelOverrides given) {
    return Objects.requireNonNull(resolve(given).parallelism()).level();
  }

  @Test
  void namesWhatIsWrongWithinTheTorchrunBlock() {
    strict(
        Map.of(
            "torchrun",
            Map.of(
                "nproc_per_node", 2,
                "nnodes", "two",
                "node-rank", 1,
                "rdzv-conf", "--standalone",
                "zzz", 1)));
    assertThat(problems)
        .contains(
            "torchrun.nproc_per_node: unknown key (expected: nproc-per-node?)",
            "torchrun.nnodes: \"two\" (expected: 1: all processes of a worker run on this"
                + " machine)",
            "torchrun.node-rank: 1 (expected: 0, this machine)",
            "torchrun.rdzv-conf: \"--standalone\" (expected: a text without blanks that does not"
                + " begin with -)")
        .anyMatch(p -> p.startsWith("torchrun.zzz: unknown key (expected: one of nnodes, "));
  }

  @Test
  void companionsAreAbsentWithoutTheirOption() {
    ModelOverrides wait = strict(Map.of("autoscaleQueueWaitMs", 20, "responseCacheTtlSec", 1));
    assertThat(resolve(wait).get(CrewOptions.AUTOSCALE_QUEUE_WAIT)).isNull();
    assertThat(resolve(wait).responseCache()).isNull();
    assertThat(ModelSpec.idle(List.of(wait), Configs.MODEL_DEFAULTS))
        .containsExactlyInAnyOrder(
            "autoscaleQueueWaitMs has no effect without autoscale (expected: both, or neither)",
            "responseCacheTtlSec has no effect without responseCacheMb (expected: both, or"
                + " neither)");
  }

  @Test
  void companionsMayStayWhereTheirOptionIsSwitchedOffOrGivenElsewhere() {
    ModelOverrides off = strict(Map.of("autoscaleQueueWaitMs", 20, "autoscale", false));
    assertThat(ModelSpec.idle(List.of(off), Configs.MODEL_DEFAULTS)).isEmpty();
    assertThat(resolve(off).autoscale()).isNull();
    ModelOverrides wait = strict(Map.of("autoscaleQueueWaitMs", 20));
    ModelOverrides on = strict(Map.of("autoscale", true));
    assertThat(ModelSpec.idle(List.of(wait, on), Configs.MODEL_DEFAULTS)).isEmpty();
    assertThat(resolve(wait, on).autoscale())
        .isEqualTo(new Autoscale(Duration.ofMillis(20), Duration.ofSeconds(30)));
  }

  @Test
  void theArchiveMaySwitchOffWhatTheConfigurationSwitchesOn() {
    ModelOverrides archive = strict(Map.of("autoscale", false));
    ModelOverrides configured = strict(Map.of("autoscale", true));
    assertThat(resolve(archive, configured).autoscale()).isNull();
  }

  @Test
  void workersAreToldTheOptionsThatTheyNeed() {
    assertThat(resolve().loadFields()).containsExactly(Map.entry("batch_size", "1"));
    ModelOverrides given =
        ModelOverrides.builder()
            .batchSize(4)
            .prepareAhead(true)
            .set(ProgramOptions.ASYNC_COMMUNICATION, true)
            .set(ProgramOptions.NON_FINITE, NonFinite.NULL)
            .build();
    assertThat(resolve(given).loadFields())
        .containsOnly(
            Map.entry("batch_size", "4"),
            Map.entry("prepare_ahead", "true"),
            Map.entry("non_finite", "null"));
  }

  @Test
  void aTextIsANumberOnlyWhereTheSourceHasNothingElse() {
    assertThat(
            read(OptionReader.Manner.TEXT, Map.of("batchSize", " 4 "))
                .get(ProgramOptions.BATCH_SIZE))
        .isEqualTo(4);
    strict(Map.of("batchSize", "4"));
    assertThat(problems).containsExactly("batchSize: \"4\" (expected: a whole number >= 1)");
    read(OptionReader.Manner.LENIENT, Map.of("batchSize", "4"));
    assertThat(warnings)
        .containsExactly("batchSize: \"4\" is taken as 4 (expected: a whole number >= 1)");
  }

  /** Expects none. */
  private static final class NoFindings implements OptionFindings {
    @Override
    public void problem(String key, String what) {
      throw new AssertionError(what);
    }

    @Override
    public void warning(String key, String what) {
      throw new AssertionError(what);
    }
  }
}
